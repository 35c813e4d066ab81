"""Who changed a draft last: what a person is told whose own save came too late."""

from accounts.models import AuditEvent
from accounts.tenancy import reading_scope
from campaigns.models import Campaign


def last_change(campaign: Campaign) -> AuditEvent | None:
    """The newest event of the campaign's trail."""
    with reading_scope(campaign.tenant_id):
        events = AuditEvent.objects.filter(object_type=campaign._meta.model_name, object_id=str(campaign.pk))
        return events.order_by("-pk").first()
