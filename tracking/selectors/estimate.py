"""How fast the organization's mail went out lately: what the time of the next campaign is guessed from."""

import math
from dataclasses import dataclass
from itertools import accumulate
from typing import Final
from uuid import UUID

from django.db.models import Sum

from campaigns.models import Campaign
from delivery.models import AttemptState, Rollup

#: Smaller campaigns say nothing about speed.
LEAST: Final = 100
#: The last messages of a campaign wait for slow receivers; they are no measure of its speed.
SHARE: Final = 0.95
_SETTLED: Final = (AttemptState.DELIVERED, AttemptState.BOUNCED, AttemptState.FAILED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """The pace of the last campaign, and the minutes that so many messages take at it."""

    per_minute: int
    minutes: int


def estimate(*, tenant_id: UUID, messages: int) -> Estimate | None:
    """From the last finished campaign of some size; None where there was none. Two queries."""
    last = (
        Campaign.objects.filter(tenant_id=tenant_id, finished_at__isnull=False, audience__gte=LEAST)
        .order_by("-launched_at")
        .values_list("pk", flat=True)
        .first()
    )
    if last is None:
        return None
    rows = Rollup.objects.filter(tenant_id=tenant_id, campaign_id=last, state__in=_SETTLED)
    by_minute = list(rows.values_list("minute").annotate(n=Sum("n")).order_by("minute"))
    reached = list(accumulate(n for _minute, n in by_minute))
    if not reached:
        return None
    last_of_most = next(i for i, n in enumerate(reached) if n >= SHARE * reached[-1])
    passed = (by_minute[last_of_most][0] - by_minute[0][0]).total_seconds() / 60 + 1
    per_minute = max(1, round(reached[last_of_most] / passed))
    return Estimate(per_minute=per_minute, minutes=math.ceil(messages / per_minute))
