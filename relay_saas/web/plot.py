"""A chart of hours or days as SVG: places in percent, so that it fits any width and prints as it stands."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django import template
from django.utils import timezone
from django.utils.formats import date_format, number_format

from relay_saas.web.charts import Chart, Colour, Series

register = template.Library()

#: Where the lines stand in the picture, in percent of its height; times are written below.
_TOP, _HEIGHT = 8.0, 78.0
_LABELS: Final = 8
_GRID: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A text or a point at (x, y) in percent of the picture."""

    x: str
    y: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One series: its points, and its path in a box of 1000 x 1000."""

    label: str
    colour: Colour
    path: str
    points: tuple[Mark, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """What the component `chart` draws."""

    grid: tuple[Mark, ...]
    times: tuple[Mark, ...]
    lines: tuple[Line, ...]


@register.filter("plot")
def plot_of(chart: Chart) -> Plot:
    """Lay out a chart of hours or days."""
    highest = max((value or 0 for one in chart.series for value in one.values), default=0)
    top = _ceiling(highest)
    step = max(1, math.ceil(len(chart.times) / _LABELS))
    return Plot(
        grid=tuple(_grid(top)),
        times=tuple(
            Mark(x=_percent(_across(at, chart)), y="98", text=_clock(time, chart))
            for at, time in enumerate(chart.times)
            if at % step == 0
        ),
        lines=tuple(_line(one, chart, top) for one in chart.series),
    )


def _ceiling(highest: float) -> float:
    """Return a round figure that is not below `highest` and can be quartered."""
    if highest <= _GRID:
        return _GRID
    unit = 10 ** math.floor(math.log10(highest))
    return next(float(factor * unit) for factor in (1, 2, 4, 6, 8, 10) if factor * unit >= highest)


def _grid(top: float) -> Iterator[Mark]:
    for at in range(_GRID + 1):
        value = top * at / _GRID
        shown = number_format(value, decimal_pos=None if value % 1 else 0, force_grouping=True)
        yield Mark(x="0", y=_percent(_down(value, top)), text=shown)


def _line(one: Series, chart: Chart, top: float) -> Line:
    points, path, pen = [], [], "M"
    for at, value in enumerate(one.values):
        if value is None:
            pen = "M"
            continue
        x = _across(at, chart)
        path.append(f"{pen}{10 * x:.1f} {1000 * (1 - value / top):.1f}")
        pen = "L"
        said = f"{_clock(chart.times[at], chart)}: {number_format(value, decimal_pos=0, force_grouping=True)}"
        points.append(Mark(x=_percent(x), y=_percent(_down(value, top)), text=f"{one.label}, {said}"))
    return Line(label=str(one.label), colour=one.colour, path="".join(path), points=tuple(points))


def _across(at: int, chart: Chart) -> float:
    """Return the middle of the time's column, in percent, so that no label is cut off at the edge."""
    return 100 * (at + 0.5) / len(chart.times)


def _down(value: float, top: float) -> float:
    return _TOP + _HEIGHT * (1 - value / top)


def _percent(value: float) -> str:
    return f"{value:.2f}"


def _clock(time: datetime, chart: Chart) -> str:
    return date_format(timezone.localtime(time), "H:i" if chart.step == "hour" else "MONTH_DAY_FORMAT")
