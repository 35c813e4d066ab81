"""What an organization has sent before, as far as a new campaign must be compared with it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Count, Max, Q

from accounts.models import AuditEvent
from accounts.tenancy import reading_scope
from campaigns.models import Campaign

#: The same subject to the same list within this time is probably a mistake.
TWIN: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """About the organization's other campaigns."""

    #: The last launch to the same list.
    list_mailed_at: datetime | None
    #: The largest audience of a launch so far.
    largest: int | None
    #: Others with the same subject to the same list, planned or launched within a day.
    twins: int
    #: Whether a test was sent since the last change.
    tested: bool


def history_of(campaign: Campaign, *, now: datetime) -> History:
    """Two queries."""
    with reading_scope(campaign.tenant_id):
        others = Campaign.objects.exclude(pk=campaign.pk)
        same_list = Q(mailing_list_id=campaign.mailing_list_id)
        recent = Q(launched_at__gte=now - TWIN) | Q(state=Campaign.State.SCHEDULED)
        found = others.aggregate(
            list_mailed_at=Max("launched_at", filter=same_list),
            largest=Max("audience"),
            twins=Count("pk", filter=same_list & recent & Q(subject=campaign.subject)),
        )
        tests = AuditEvent.objects.filter(object_type="campaign", object_id=str(campaign.pk), verb="tested")
        return History(**found, tested=tests.filter(at__gte=campaign.updated_at).exists())
