"""Which links to a message are good now."""

from uuid import UUID

from django.utils import timezone

from accounts.tenancy import tenant_scope
from tracking.models import MessageShare


def shares_of(*, tenant_id: UUID, message_id: UUID) -> list[MessageShare]:
    """The links that are good, newest first."""
    with tenant_scope(tenant_id):
        good = MessageShare.objects.filter(
            message_id=message_id, revoked_at=None, expires_at__gt=timezone.now()
        )
        return list(good.order_by("-pk"))
