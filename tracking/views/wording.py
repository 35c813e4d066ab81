"""Figures as lines of a page: the delivery breakdown and the funnel."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from tracking.selectors.totals import Totals


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A figure with its name and its share of the audience in percent; `note` explains it."""

    label: str
    n: int
    share: float
    note: str = ""


def state_rows(totals: Totals) -> list[Line]:
    """The delivery breakdown; its figures add up to the audience."""
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
    return [Line(label=label, n=n, share=totals.share(n), note=note) for label, n, note in rows]


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
