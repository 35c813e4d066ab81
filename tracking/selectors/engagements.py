"""What people did with some messages."""

from collections.abc import Sequence
from uuid import UUID

from accounts.tenancy import reading_scope
from tracking.models import Engagement


def engagements_of(*, tenant_id: UUID, message_ids: Sequence[UUID], limit: int) -> list[Engagement]:
    """The oldest engagements of these messages, at most `limit`."""
    with reading_scope(tenant_id):
        found = Engagement.objects.filter(tenant_id=tenant_id, message_id__in=message_ids)
        return list(found.order_by("at", "id")[:limit])
