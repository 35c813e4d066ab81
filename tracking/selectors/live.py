"""One campaign as it runs: providers, minutes, reasons."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from delivery.models import AttemptState, Rollup
from relay_saas.web.charts import Chart, Series

#: The chart shows the last hours; the provider table the whole campaign.
CHART_MINUTES = 180
MOST_REASONS = 12

_PROVIDERS = """
with sums as (
  select provider_id, sum(n) filter (where state = 1) as delivered, sum(n) filter (where state in (2, 9))
    as deferred,
    sum(n) filter (where state in (3, 4)) as bounced
  from delivery_rollup where tenant_id = %(tenant)s and campaign_id = %(campaign)s group by provider_id
), waits as (
  select coalesce(s.provider_id, 0) as provider_id, sum(w.n) as waiting, min(w.next_at) as next_at
  from delivery_lane l left join delivery_site s on s.id = l.site_id
  cross join lateral (select count(*) as n, min(q.next_attempt_at) as next_at from delivery_queueentry q
    where q.lane_id = l.id
    and q.run_id is null) w
  where l.tenant_id = %(tenant)s and l.campaign_id = %(campaign)s group by 1
)
select p.id, p.name, coalesce(s.delivered, 0), coalesce(s.deferred, 0), coalesce(s.bounced, 0),
  coalesce(w.waiting, 0), w.next_at
from sums s full join waits w using (provider_id) join delivery_provider p on p.id =
  coalesce(s.provider_id, w.provider_id)
where coalesce(s.delivered, s.deferred, s.bounced, nullif(w.waiting, 0)) is not null
order by coalesce(s.delivered, 0) + coalesce(w.waiting, 0) desc, p.name limit 100
"""

_REASONS = """
select a.state, a.category, count(*), (array_agg(r.text order by a.at desc))[1]
from delivery_attempt a left join delivery_reply r on r.tenant_id = a.tenant_id and r.id = a.reply_id
where a.tenant_id = %(tenant)s and a.campaign_id = %(campaign)s and a.state <> 1
  and a.state = any(%(states)s::smallint[])
group by 1, 2 order by 3 desc limit %(most)s
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderRow:
    """What one mailbox provider took, deferred and refused; `next_at` is when the waiting ones go again."""

    id: int
    name: str
    delivered: int
    deferred: int
    bounced: int
    waiting: int
    next_at: datetime | None

    @property
    def delivered_share(self) -> float | None:
        """Delivered in percent of what was settled; None before anything was."""
        settled = self.delivered + self.bounced
        return 100 * self.delivered / settled if settled else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why messages were not delivered at once, with the last reply of the kind."""

    state: AttemptState
    category: str
    n: int
    reply: str


def providers(*, tenant_id: UUID, campaign_id: int) -> list[ProviderRow]:
    """The provider table, largest first (at most 100)."""
    with connection.cursor() as cursor:
        cursor.execute(_PROVIDERS, {"tenant": tenant_id, "campaign": campaign_id})
        rows = cursor.fetchall()
    return [
        ProviderRow(
            id=number,
            name=name or _("Not looked up yet"),
            delivered=int(delivered),
            deferred=int(deferred),
            bounced=int(bounced),
            waiting=int(waiting),
            next_at=next_at,
        )
        for number, name, delivered, deferred, bounced, waiting, next_at in rows
    ]


def reasons(
    *, tenant_id: UUID, campaign_id: int, states: Collection[AttemptState] = tuple(AttemptState)
) -> list[Reason]:
    """Deferrals and refusals by class, most frequent first; of these states alone. Delivered has none."""
    values: dict[str, Any] = {
        "tenant": tenant_id,
        "campaign": campaign_id,
        "most": MOST_REASONS,
        "states": [state.value for state in states],
    }
    with connection.cursor() as cursor:
        cursor.execute(_REASONS, values)
        rows = cursor.fetchall()
    return [
        Reason(state=AttemptState(state), category=category, n=n, reply=reply or "")
        for state, category, n, reply in rows
    ]


def minutes(*, tenant_id: UUID, campaign_id: int) -> Chart:
    """Delivered, deferred and bounced per minute, gaps filled with 0."""
    rows = Rollup.objects.filter(tenant_id=tenant_id, campaign_id=campaign_id).order_by("-minute")
    newest = rows.values_list("minute", flat=True).first()
    if newest is None:
        return Chart(times=(), series=())
    oldest = newest - timedelta(minutes=CHART_MINUTES - 1)
    counts: dict[tuple[datetime, int], int] = {}
    for minute, state, n in rows.filter(minute__gte=oldest).values_list("minute", "state", "n"):
        counts[minute, state] = counts.get((minute, state), 0) + n
    first = min(minute for minute, _state in counts)
    times = tuple(
        first + timedelta(minutes=at) for at in range(int((newest - first).total_seconds() // 60) + 1)
    )

    def line(state: AttemptState) -> tuple[float, ...]:
        return tuple(float(counts.get((time, state), 0)) for time in times)

    return Chart(
        times=times,
        series=(
            Series(label=_("Delivered"), values=line(AttemptState.DELIVERED), colour="primary"),
            Series(label=_("Deferred"), values=line(AttemptState.DEFERRED), colour="warning"),
            Series(label=_("Bounced"), values=line(AttemptState.BOUNCED), colour="danger"),
        ),
    )
