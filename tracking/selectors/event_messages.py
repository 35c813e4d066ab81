"""Which messages a search for events is about."""

from typing import Final
from uuid import UUID

from accounts.tenancy import reading_scope
from delivery.models import Message

#: The latest of an address or a submission; more would make one search read the whole feed for each.
MOST: Final = 1000


def messages_to(*, tenant_id: UUID, rcpt_key: str) -> list[UUID]:
    """The latest messages to an address."""
    with reading_scope(tenant_id):
        rows = Message.objects.filter(tenant_id=tenant_id, rcpt_key=rcpt_key)
        return list(rows.order_by("-id").values_list("id", flat=True)[:MOST])


def messages_of(*, tenant_id: UUID, submission_id: UUID) -> list[UUID]:
    """The messages of a submission; none for an id that never existed."""
    with reading_scope(tenant_id):
        rows = Message.objects.filter(tenant_id=tenant_id, submission_id=submission_id)
        return list(rows.order_by("id").values_list("id", flat=True)[:MOST])
