"""All mail of an organization in the last days: sums, day by day, and provider by provider."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.models import Campaign
from delivery.models import AttemptState
from relay_saas.web.charts import Chart, Series
from tracking.models import Engagement, EngagementRollup

#: A campaign's mail goes out within days of its launch; its figures are looked for this far back.
_STILL_SENDING: Final = timedelta(days=30)
#: Mail without a campaign has the number 0.
_DAILY: Final = """
select date_trunc('day', minute, %(zone)s), state, sum(n) from delivery_rollup
where tenant_id = %(tenant)s and campaign_id = any(%(campaigns)s::bigint[]) and minute >= %(since)s
  and state in (1, 3, 8)
group by 1, 2
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """The last days, all mail of the organization."""

    #: Midnights, in the organization's zone.
    days: tuple[datetime, ...]
    #: Campaigns that may have sent in these days; 0 is mail without one.
    campaigns: list[int]
    #: By state, by day.
    sums: Mapping[int, Mapping[datetime, int]]
    #: By day.
    complaints: Mapping[datetime, int]

    def total(self, state: AttemptState) -> int:
        """Over all days."""
        return sum(self.sums.get(state, {}).values())

    @property
    def delivered(self) -> int:
        """Taken by a receiving server."""
        return self.total(AttemptState.DELIVERED)

    @property
    def bounced(self) -> int:
        """Refused for good."""
        return self.total(AttemptState.BOUNCED)

    @property
    def in_doubt(self) -> int:
        """The answer was lost."""
        return self.total(AttemptState.IN_DOUBT)

    @property
    def complained(self) -> int:
        """Reported as spam."""
        return sum(self.complaints.values())

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

    @property
    def chart(self) -> Chart:
        """Sent, delivered, bounced by day."""
        delivered, bounced = AttemptState.DELIVERED, AttemptState.BOUNCED
        sent = self._line(delivered, bounced, AttemptState.IN_DOUBT)
        return Chart(
            times=self.days,
            step="day",
            series=(
                Series(label=_("Sent"), values=sent, colour="secondary"),
                Series(label=_("Delivered"), values=self._line(delivered), colour="success"),
                Series(label=_("Bounced"), values=self._line(bounced), colour="danger"),
            ),
        )

    def _line(self, *states: AttemptState) -> tuple[float, ...]:
        return tuple(
            float(sum(self.sums.get(state, {}).get(day, 0) for state in states)) for day in self.days
        )


def period_of(*, tenant_id: UUID, days: int) -> Period:
    """The last `days` days, today included; three queries."""
    today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    midnights = tuple(_day(today - timedelta(days=at)) for at in range(days - 1, -1, -1))
    launched = Campaign.objects.filter(tenant_id=tenant_id, launched_at__gte=midnights[0] - _STILL_SENDING)
    campaigns = [0, *launched.values_list("pk", flat=True)]
    return Period(
        days=midnights,
        campaigns=campaigns,
        sums=_daily(tenant_id, campaigns, midnights[0]),
        complaints=_complaints(tenant_id, campaigns, midnights[0]),
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


def _complaints(tenant_id: UUID, campaigns: list[int], since: datetime) -> dict[datetime, int]:
    found = EngagementRollup.objects.filter(
        tenant_id=tenant_id,
        campaign_id__in=campaigns,
        hour__gte=since,
        kind=Engagement.Kind.COMPLAINED,
        machine=False,
    )
    by_day: dict[datetime, int] = defaultdict(int)
    for hour, n in found.values("hour").annotate(n=Sum("messages")).values_list("hour", "n"):
        by_day[_day(timezone.localtime(hour))] += int(n)
    return by_day
