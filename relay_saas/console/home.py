"""What the home page of an organization shows."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import SendingDomain
from campaigns.models import Campaign, Contact
from delivery.models import AttemptState, Submission
from relay_saas.web.charts import Chart, Series
from tracking.models import Engagement, EngagementRollup
from tracking.selectors.campaigns import CampaignRow, recent_campaigns, running_campaigns

DAYS: Final = 30
#: A campaign's mail goes out within days of its launch; its figures are looked for this far back.
_STILL_SENDING: Final = timedelta(days=30)
#: Newest requests that are searched for a test send.
_TESTS_AMONG: Final = 1000
#: Mail without a campaign has the number 0.
_DAILY: Final = """
select date_trunc('day', minute, %(zone)s), state, sum(n) from delivery_rollup
where tenant_id = %(tenant)s and campaign_id = any(%(campaigns)s::bigint[]) and minute >= %(since)s
  and state in (1, 3, 8)
group by 1, 2
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What stands between an empty account and the first campaign."""

    domain_verified: bool
    has_contacts: bool
    has_tested: bool
    has_sent: bool

    @property
    def done(self) -> bool:
        """Whether the card may go: the first campaign is out."""
        return self.has_sent


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """The last 30 days, all mail of the organization; `chart` says the same by day."""

    delivered: int
    bounced: int
    in_doubt: int
    complained: int
    chart: Chart

    @property
    def sent(self) -> int:
        """What was handed to a receiving server: it took it, refused it, or its answer was lost."""
        return self.delivered + self.bounced + self.in_doubt

    def share(self, n: int) -> float | None:
        """`n` in percent of what was sent; None before anything was."""
        return 100 * n / self.sent if self.sent else None

    @property
    def complaint_rate(self) -> float | None:
        """Complaints in percent of what was delivered."""
        return 100 * self.complained / self.delivered if self.delivered else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """Everything on the page but what needs attention."""

    setup: Setup
    period: Period
    running: list[CampaignRow]
    recent: list[CampaignRow]


def home_of(*, tenant_id: UUID) -> Home:
    """The page's content; a fixed number of queries."""
    return Home(
        setup=_setup(tenant_id),
        period=_period(tenant_id),
        running=running_campaigns(tenant_id=tenant_id),
        recent=recent_campaigns(tenant_id=tenant_id),
    )


def _setup(tenant_id: UUID) -> Setup:
    if Campaign.objects.filter(tenant_id=tenant_id, launched_at__isnull=False).exists():
        return Setup(domain_verified=True, has_contacts=True, has_tested=True, has_sent=True)
    verified = SendingDomain.objects.filter(tenant_id=tenant_id, state=SendingDomain.State.VERIFIED)
    channels = (
        Submission.objects.filter(tenant_id=tenant_id).order_by("-id").values_list("channel", flat=True)
    )
    return Setup(
        domain_verified=verified.exists(),
        has_contacts=Contact.objects.filter(tenant_id=tenant_id).exists(),
        has_tested="test" in set(channels[:_TESTS_AMONG]),
        has_sent=False,
    )


def _period(tenant_id: UUID) -> Period:
    today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    days = tuple(_day(today - timedelta(days=at)) for at in range(DAYS - 1, -1, -1))
    launched = Campaign.objects.filter(tenant_id=tenant_id, launched_at__gte=days[0] - _STILL_SENDING)
    campaigns = [0, *launched.values_list("pk", flat=True)]
    sums = _daily(tenant_id, campaigns, days[0])
    complained = EngagementRollup.objects.filter(
        tenant_id=tenant_id,
        campaign_id__in=campaigns,
        hour__gte=days[0],
        kind=Engagement.Kind.COMPLAINED,
        machine=False,
    ).aggregate(n=Sum("messages"))["n"]
    return Period(
        delivered=sum(sums[AttemptState.DELIVERED].values()),
        bounced=sum(sums[AttemptState.BOUNCED].values()),
        in_doubt=sum(sums[AttemptState.IN_DOUBT].values()),
        complained=int(complained or 0),
        chart=_chart(sums, days),
    )


def _day(instant: datetime) -> datetime:
    """Midnight of that day, also where the clock was moved since."""
    return timezone.make_aware(datetime.combine(instant.date(), datetime.min.time()))


def _daily(tenant_id: UUID, campaigns: list[int], since: datetime) -> dict[int, dict[datetime, int]]:
    values: dict[str, Any] = {
        "tenant": tenant_id,
        "campaigns": campaigns,
        "since": since,
        "zone": timezone.get_current_timezone_name(),
    }
    sums: dict[int, dict[datetime, int]] = defaultdict(dict)
    with connection.cursor() as cursor:
        cursor.execute(_DAILY, values)
        for day, state, n in cursor.fetchall():
            sums[state][day] = int(n)
    return sums


def _chart(sums: dict[int, dict[datetime, int]], days: tuple[datetime, ...]) -> Chart:
    def line(*states: AttemptState) -> tuple[float, ...]:
        return tuple(float(sum(sums[state].get(day, 0) for state in states)) for day in days)

    delivered, bounced = AttemptState.DELIVERED, AttemptState.BOUNCED
    return Chart(
        times=days,
        step="day",
        series=(
            Series(
                label=_("Sent"), values=line(delivered, bounced, AttemptState.IN_DOUBT), colour="secondary"
            ),
            Series(label=_("Delivered"), values=line(delivered), colour="success"),
            Series(label=_("Bounced"), values=line(bounced), colour="danger"),
        ),
    )
