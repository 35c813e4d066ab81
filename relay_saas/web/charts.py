"""A time series as one value: what is drawn of it, and the table that says the same in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from relay_saas.web.problems import Text

Colour = Literal["primary", "success", "warning", "danger", "secondary"]
#: How far apart the times are. Minutes are drawn by the browser, hours and days by the server.
Step = Literal["minute", "hour", "day"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One line of a chart; None leaves a gap."""

    label: Text
    values: tuple[float | None, ...]
    colour: Colour = "primary"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Lines over common times, for `<c-chart :chart="chart" id="…" />`; all series are as long as `times`."""

    times: tuple[datetime, ...]
    series: tuple[Series, ...]
    step: Step = "minute"

    @property
    def total(self) -> float:
        """Return the sum over all series: 0 says that there is nothing to draw."""
        return sum(value or 0 for one in self.series for value in one.values)

    @property
    def payload(self) -> dict[str, Any]:
        """Return what app.js hands to uPlot: seconds since the epoch, then one list per series."""
        return {
            "times": [int(time.timestamp()) for time in self.times],
            "series": [
                {"label": str(one.label), "colour": one.colour, "values": list(one.values)}
                for one in self.series
            ],
        }

    @property
    def rows(self) -> Iterator[tuple[datetime, tuple[float | None, ...]]]:
        """Yield each time with the values of all series, for the data table."""
        yield from zip(self.times, zip(*(one.values for one in self.series), strict=True), strict=True)
