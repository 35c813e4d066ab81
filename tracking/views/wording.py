"""Figures as lines of a page: the delivery breakdown, the funnel, who is left out, how fast it goes."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from relay_saas.web.charts import Chart
from tracking.selectors.totals import Totals

#: Whole minutes that the pace is taken from, and how old the newest may be.
PACE_MINUTES: Final = 3
STALE: Final = timedelta(minutes=3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A figure with its name and its share of the audience in percent; `note` explains it."""

    label: str
    n: int
    share: float
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Messages settled per minute lately, and the minutes until the waiting ones are settled, too."""

    per_minute: int
    minutes_left: int


def state_rows(totals: Totals) -> list[Line]:
    """The delivery breakdown; its figures add up to the audience. States that nobody is in are left out."""
    rows = [
        (_("Delivered"), totals.delivered, _("accepted by the receiving server")),
        (_("Bounced"), totals.bounced, _("refused for good by the receiving side")),
        (_("Failed"), totals.failed, _("could not be made or sent")),
        (_("Suppressed"), totals.suppressed, _("stopped before sending")),
        (_("Expired"), totals.expired, _("given up after the time for retries")),
        (_("Cancelled"), totals.cancelled, _("not sent")),
        (_("In doubt"), totals.in_doubt, _("sent, but the answer was lost")),
        (_("Waiting"), totals.waiting, _("queued, being sent or held")),
    ]
    # Delivered and bounced stand there in any case: 0 is an answer, too.
    shown = [*rows[:2], *(row for row in rows[2:] if row[1])]
    return [Line(label=label, n=n, share=totals.share(n), note=note) for label, n, note in shown]


def funnel(totals: Totals) -> list[Line]:
    """Audience, delivered, opened, clicked, unsubscribed; opens and clicks by people only."""
    rows = [
        (_("Audience"), totals.audience, ""),
        (_("Delivered"), totals.delivered, ""),
        (_("Opened"), totals.opened, _("by people; for reference, since many programs hide or fake opens")),
        (_("Clicked"), totals.clicked, _("by people")),
        (_("Unsubscribed"), totals.unsubscribed, ""),
    ]
    return [Line(label=label, n=n, share=totals.share(n), note=note) for label, n, note in rows]


def left_out_text(left_out: Mapping[str, int]) -> str:
    """Why people of the list get no message: "1,904 unsubscribed, 301 on the suppression list"."""
    phrases = {
        "unsubscribed": _("%(n)s unsubscribed"),
        "suppressed": _("%(n)s on the suppression list"),
        "smtputf8": _("%(n)s with an address that few servers take yet (SMTPUTF8)"),
        "received": _("%(n)s who got it before"),
        "waiting": _("%(n)s who may still get it"),
        "in_doubt": _("%(n)s who may have got it"),
    }
    said = [
        phrase % {"n": number_format(left_out[reason], force_grouping=True)}
        for reason, phrase in phrases.items()
        if left_out.get(reason)
    ]
    # Translators: between the parts of an enumeration.
    return _(", ").join(said)


def pace(chart: Chart, *, waiting: int, now: datetime) -> Pace | None:
    """The pace of the last whole minutes; None when too little was settled lately to say."""
    if len(chart.times) < 2 or now - chart.times[-1] > STALE:
        return None
    delivered, _deferred, bounced = (line.values[-1 - PACE_MINUTES : -1] for line in chart.series)
    settled = sum(value or 0 for value in (*delivered, *bounced))
    per_minute = round(settled / len(delivered))
    if per_minute < 1:
        return None
    return Pace(per_minute=per_minute, minutes_left=math.ceil(waiting / per_minute))
