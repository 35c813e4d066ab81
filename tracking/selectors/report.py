"""The report of a campaign, from sums alone: what people did by hour, day and link, and what is usual."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.models import Campaign, Link
from delivery.models import AttemptState
from relay_saas.web.charts import Chart, Series
from tracking.models import Engagement, EngagementRollup
from tracking.selectors.totals import Totals, totals_of

#: What the tiles are compared with: the campaigns launched in these days before.
USUAL: Final = timedelta(days=90)
HOURS: Final = 24
DAYS: Final = 7
_CURVES: Final = (Engagement.Kind.CLICKED, Engagement.Kind.OPENED)

Period = Literal["hours", "days"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkRow:
    """One link of the mail; `share` is of all clicks that are shown, in percent."""

    index: int
    target: str
    people: int
    machines: int
    share: float
    people_share: float


def totals_and_usual(campaign: Campaign) -> tuple[Totals, Totals | None]:
    """The campaign's sums, and those over the tenant's other campaigns of the 90 days before (None: none).

    Three queries. A large campaign counts for more than a small one, as it does for a mailbox provider.
    """
    others: dict[int, int] = {}
    if campaign.launched_at is not None:
        before = Campaign.objects.filter(
            tenant_id=campaign.tenant_id,
            launched_at__gte=campaign.launched_at - USUAL,
            launched_at__lt=campaign.launched_at,
            audience__gt=0,
        )
        others = {pk: n for pk, n in before.values_list("pk", "audience") if n}
    audiences = others | {campaign.pk: campaign.audience or 0}
    found = totals_of(tenant_id=campaign.tenant_id, audiences=audiences)
    own = found.pop(campaign.pk)
    return own, _sum(found.values()) if found else None


def _sum(every: Iterable[Totals]) -> Totals:
    audience = 0
    by_state: dict[AttemptState, int] = defaultdict(int)
    engaged: dict[tuple[str, bool], int] = defaultdict(int)
    for totals in every:
        audience += totals.audience
        for state, n in totals.by_state.items():
            by_state[state] += n
        for key, n in totals.engaged.items():
            engaged[key] += n
    return Totals(audience=audience, by_state=by_state, engaged=engaged)


def curves(campaign: Campaign, *, period: Period, machines: bool) -> Chart:
    """Messages by the hour (or day, in the zone of the page) of their first click and first open.

    The first 24 hours or 7 days after the launch; what has not come yet is a gap. One query.
    """
    if campaign.launched_at is None:
        return Chart(times=(), series=(), step="hour" if period == "hours" else "day")
    times = _times(campaign.launched_at, period)
    rows = EngagementRollup.objects.filter(
        tenant_id=campaign.tenant_id,
        campaign_id=campaign.pk,
        hour__gte=times[0],
        hour__lt=times[-1] + (timedelta(hours=1) if period == "hours" else timedelta(days=1)),
        kind__in=_CURVES,
        messages__gt=0,
    )
    if not machines:
        rows = rows.filter(machine=False)
    sums: dict[tuple[str, datetime], int] = defaultdict(int)
    for kind, hour, messages in rows.values_list("kind", "hour", "messages"):
        sums[kind, hour if period == "hours" else _midnight(hour)] += messages
    return Chart(
        times=times,
        step="hour" if period == "hours" else "day",
        series=(
            Series(label=_("Clicks"), values=_line(sums, "clicked", times), colour="primary"),
            Series(label=_("Opens (for reference)"), values=_line(sums, "opened", times), colour="warning"),
        ),
    )


def _times(launched_at: datetime, period: Period) -> tuple[datetime, ...]:
    if period == "hours":
        first = launched_at.replace(minute=0, second=0, microsecond=0)
        return tuple(first + timedelta(hours=at) for at in range(HOURS))
    day = _midnight(launched_at)
    return tuple(_midnight(day + timedelta(days=at, hours=12)) for at in range(DAYS))


def _midnight(instant: datetime) -> datetime:
    """Where the day begins in the zone of the page; a day of 23 or 25 hours begins at midnight, too."""
    return timezone.localtime(instant).replace(hour=0, minute=0, second=0, microsecond=0)


def _line(
    sums: Mapping[tuple[str, datetime], int], kind: str, times: tuple[datetime, ...]
) -> tuple[float | None, ...]:
    now = timezone.now()
    return tuple(float(sums.get((kind, time), 0)) if time <= now else None for time in times)


def links(campaign: Campaign, *, machines: bool) -> list[LinkRow]:
    """Every link with its clicks, most clicked first. Two queries."""
    targets = dict(
        Link.objects.filter(tenant_id=campaign.tenant_id, content=campaign.content_id or 0).values_list(
            "index", "target"
        )
    )
    rows = EngagementRollup.objects.filter(
        tenant_id=campaign.tenant_id, campaign_id=campaign.pk, kind=Engagement.Kind.CLICKED
    )
    sums: dict[tuple[int, bool], int] = defaultdict(int)
    for index, machine, total in rows.values_list("link_index", "machine", "total"):
        sums[index, machine] += total
    indexes = sorted({*targets, *(index for index, _machine in sums)})
    shown = {index: sums[index, False] + (sums[index, True] if machines else 0) for index in indexes}
    every = sum(shown.values())
    found = [
        LinkRow(
            index=index,
            target=targets.get(index, ""),
            people=sums[index, False],
            machines=sums[index, True],
            share=100 * shown[index] / every if every else 0.0,
            people_share=100 * sums[index, False] / every if every else 0.0,
        )
        for index in indexes
    ]
    return sorted(found, key=lambda row: (-shown[row.index], row.index))
