"""How many of an organization's delivered messages of lately were complained about."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db.models import Sum
from django.utils import timezone

from accounts.selectors.readiness import Complaints
from campaigns.models import Campaign
from delivery.models import AttemptState, Rollup
from tracking.models import Engagement, EngagementRollup

DAYS: Final = timedelta(days=30)


def complaints_of(tenant_id: UUID) -> Complaints:
    """Of campaigns launched in thirty days; called in the tenant's scope. Three queries."""
    since = timezone.now() - DAYS
    launched = Campaign.objects.filter(tenant_id=tenant_id, launched_at__gte=since)
    campaigns = list(launched.values_list("pk", flat=True))
    if not campaigns:
        return Complaints(delivered=0, complained=0)
    sent = Rollup.objects.filter(
        tenant_id=tenant_id, campaign_id__in=campaigns, state=AttemptState.DELIVERED
    ).aggregate(n=Sum("n"))["n"]
    complained = EngagementRollup.objects.filter(
        tenant_id=tenant_id, campaign_id__in=campaigns, kind=Engagement.Kind.COMPLAINED, machine=False
    ).aggregate(n=Sum("messages"))["n"]
    return Complaints(delivered=int(sent or 0), complained=int(complained or 0))
