"""The report over all mail of an organization: a period, its receiving sides, its reputation."""

from dataclasses import dataclass
from typing import Any, Final, Literal
from uuid import UUID

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.permissions import Capability
from accounts.selectors.membership import Member
from accounts.views.access import tenant_page
from delivery.models import AttemptState
from relay_saas.console.home_wording import tiles
from relay_saas.console.period import Period, period_of
from relay_saas.web.charts import Chart, Series
from tracking.views.report_wording import complaints_kind

#: Days that may be looked at.
PERIODS: Final = (7, 30, 90)
USUAL: Final = 30
MOST_PROVIDERS: Final = 50
MOST_CAMPAIGNS: Final = 10
#: Complaints in percent of what was delivered: providers watch from the first, refuse from the second.
WATCH: Final = 0.1
STOP: Final = 0.3
#: Delivered in percent: below these a receiving side takes less than it should.
LOW: Final = 95.0
POOR: Final = 85.0
#: Fewer messages say nothing about a receiving side.
_TELLING: Final = 20
_PROVIDERS: Final = """
select p.name, coalesce(sum(r.n) filter (where r.state = 1), 0)::bigint,
  coalesce(sum(r.n) filter (where r.state in (2, 9)), 0)::bigint,
  coalesce(sum(r.n) filter (where r.state in (3, 4)), 0)::bigint
from delivery_rollup r join delivery_provider p on p.id = r.provider_id
where r.tenant_id = %(tenant)s and r.campaign_id = any(%(campaigns)s::bigint[]) and r.minute >= %(since)s
group by p.id, p.name order by 2 desc, p.name limit %(most)s
"""
_CAMPAIGNS: Final = """
select c.id, c.name, d.delivered, d.bounced, coalesce(e.messages, 0)
from campaigns_campaign c
cross join lateral (
  select coalesce(sum(n.n) filter (where n.state = 1), 0)::bigint as delivered,
    coalesce(sum(n.n) filter (where n.state = 3), 0)::bigint as bounced
  from delivery_counter n where n.tenant_id = c.tenant_id and n.campaign_id = c.id) d
left join tracking_engagementcounter e on e.tenant_id = c.tenant_id and e.campaign_id = c.id
  and e.kind = 'complained' and not e.machine
where c.tenant_id = %(tenant)s and c.launched_at >= %(since)s and d.delivered + d.bounced > 0
order by coalesce(e.messages, 0)::float / greatest(d.delivered, 1) desc,
  d.bounced::float / (d.delivered + d.bounced) desc, c.id desc limit %(most)s
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderLine:
    """What one receiving side did with the mail."""

    name: str
    delivered: int
    deferred: int
    bounced: int

    @property
    def share(self) -> float | None:
        """Delivered in percent of what was settled."""
        settled = self.delivered + self.bounced
        return 100 * self.delivered / settled if settled else None

    @property
    def kind(self) -> Literal["ok", "warning", "danger", "neutral"]:
        """How that is to be judged."""
        if self.share is None or self.delivered + self.bounced < _TELLING:
            return "neutral"
        return "danger" if self.share < POOR else "warning" if self.share < LOW else "ok"

    @property
    def words(self) -> str:
        """The same in a word, so that colour is never alone."""
        words = {"danger": _("low"), "warning": _("watch"), "ok": _("good"), "neutral": _("too few to say")}
        return words[self.kind]


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignLine:
    """A campaign beside the lines that providers draw."""

    id: int
    name: str
    delivered: int
    bounced: int
    complained: int

    @property
    def bounce_rate(self) -> float:
        """In percent of what was settled."""
        return 100 * self.bounced / max(1, self.delivered + self.bounced)

    @property
    def complaint_rate(self) -> float:
        """In percent of what was delivered."""
        return 100 * self.complained / max(1, self.delivered)

    @property
    def kind(self) -> str:
        """How the complaints are to be judged."""
        return complaints_kind(self.complaint_rate)


@tenant_page(Capability.REPORTS_VIEW)
@require_GET
def reports(request: HttpRequest, member: Member) -> HttpResponse:
    """Everything that was sent in the last days."""
    wanted = request.GET.get("days", "")
    days = next((one for one in PERIODS if str(one) == wanted), USUAL)
    period = period_of(tenant_id=member.tenant_id, days=days)
    context: dict[str, Any] = {
        "days": days,
        "periods": PERIODS,
        "period": period,
        "tiles": tiles(period),
        "chart": period.chart,
        "reputation": reputation(period),
        "providers": provider_lines(tenant_id=member.tenant_id, period=period),
        "campaigns": campaign_lines(tenant_id=member.tenant_id, period=period),
    }
    return render(request, "console/reports.html", context)


def reputation(period: Period) -> Chart:
    """Complaints of a thousand delivered by day, beside the two lines; a gap where nothing was delivered."""
    delivered = period.sums.get(AttemptState.DELIVERED, {})
    rates = tuple(
        round(1000 * period.complaints.get(day, 0) / delivered[day], 2) if delivered.get(day) else None
        for day in period.days
    )
    flat = len(period.days)
    return Chart(
        times=period.days,
        step="day",
        series=(
            Series(label=_("Complaints"), values=rates, colour="primary"),
            Series(label=_("Watch (0.1%)"), values=(10 * WATCH,) * flat, colour="warning"),
            Series(label=_("Stop (0.3%)"), values=(10 * STOP,) * flat, colour="danger"),
        ),
    )


def provider_lines(*, tenant_id: UUID, period: Period) -> list[ProviderLine]:
    """Receiving sides, the largest first."""
    values: dict[str, Any] = {
        "tenant": tenant_id,
        "campaigns": period.campaigns,
        "since": period.days[0],
        "most": MOST_PROVIDERS,
    }
    with connection.cursor() as cursor:
        cursor.execute(_PROVIDERS, values)
        names = ("name", "delivered", "deferred", "bounced")
        return [ProviderLine(**dict(zip(names, row, strict=True))) for row in cursor.fetchall()]


def campaign_lines(*, tenant_id: UUID, period: Period) -> list[CampaignLine]:
    """Campaigns of the period that were complained about most, then those that bounced most."""
    values: dict[str, Any] = {"tenant": tenant_id, "since": period.days[0], "most": MOST_CAMPAIGNS}
    with connection.cursor() as cursor:
        cursor.execute(_CAMPAIGNS, values)
        names = ("id", "name", "delivered", "bounced", "complained")
        return [CampaignLine(**dict(zip(names, row, strict=True))) for row in cursor.fetchall()]
