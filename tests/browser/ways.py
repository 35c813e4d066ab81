"""What the pages of messages' ways and of reports show in the browser tests."""

from dataclasses import dataclass
from uuid import UUID

from accounts.audit import SYSTEM
from accounts.models import Tenant
from tracking.services.message_shares import share_message, share_token


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """The token of a shared message."""

    message: str


def fill(tenant: Tenant, message_id: UUID) -> Ways:
    """Shares a message that was deferred and delivered."""
    share = share_message(tenant_id=tenant.pk, message_id=message_id, actor=SYSTEM)
    return Ways(message=share_token(share))
