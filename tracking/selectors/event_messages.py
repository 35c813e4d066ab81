"""Which messages a search for events is about."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from accounts.tenancy import reading_scope
from delivery.models import Message, SimulatedMail
from relay_saas.mail.addresses import parse_address

#: The latest of an address or a submission; more would make one search read the whole feed for each.
MOST: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Messages:
    """How messages are found by their submission, and by their address."""

    of: Callable[..., list[UUID]]
    to: Callable[..., list[UUID]]


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


def tested_to(*, tenant_id: UUID, rcpt_key: str) -> list[UUID]:
    """Of the latest mail of test keys, the copies to an address."""
    with reading_scope(tenant_id):
        rows = (
            SimulatedMail.objects.filter(tenant_id=tenant_id).order_by("-id").values_list("copies", flat=True)
        )
        copies = [copy for one in rows[:MOST] for copy in one]
    return [UUID(message_id) for message_id, address in copies if parse_address(address).key == rcpt_key]


def tested_of(*, tenant_id: UUID, submission_id: UUID) -> list[UUID]:
    """The copies of one mail of a test key; none for an id that never existed."""
    with reading_scope(tenant_id):
        mail = SimulatedMail.objects.filter(tenant_id=tenant_id, pk=submission_id).first()
    return [UUID(message_id) for message_id, _ in mail.copies] if mail is not None else []


SENT: Final = Messages(of=messages_of, to=messages_to)
TESTED: Final = Messages(of=tested_of, to=tested_to)
