"""The list of messages with where each stands."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from campaigns.models import Content
from delivery.models import Attempt, AttemptState, Message, QueueEntry
from relay_saas.mail.addresses import BadAddress, parse_address
from relay_saas.mail.ids import format_id
from relay_saas.web.paging import Page, page_of

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRow:
    """One line; `state` is None while nothing was tried, `open` says that it still waits."""

    word: str
    rcpt: str
    subject: str
    created_at: datetime
    state: AttemptState | None
    open: bool


def message_page(*, tenant_id: UUID, cursor: str | None, address: str = "") -> Page[MessageRow]:
    """Newest first; with an address, those to it alone (what is no address finds nothing). Four queries."""
    rows = Message.objects.filter(tenant_id=tenant_id)
    if address:
        try:
            rows = rows.filter(rcpt_key=parse_address(address).key)
        except BadAddress:
            rows = rows.none()
    page = page_of(rows, order=("-id",), cursor=cursor, size=PAGE_SIZE)
    return Page(
        items=tuple(_rows(tenant_id, page.items)),
        next_cursor=page.next_cursor,
        previous_cursor=page.previous_cursor,
    )


def _rows(tenant_id: UUID, messages: tuple[Message, ...]) -> list[MessageRow]:
    ids = [message.id for message in messages]
    attempts = Attempt.objects.filter(tenant_id=tenant_id, message_id__in=ids).order_by("number")
    last = dict(attempts.values_list("message_id", "state"))
    queued = QueueEntry.objects.filter(tenant_id=tenant_id, message_id__in=ids)
    waiting = set(queued.values_list("message_id", flat=True))
    contents = {message.content_id for message in messages}
    subjects = dict(Content.objects.filter(pk__in=contents).values_list("pk", "subject"))
    return [
        MessageRow(
            word=format_id("msg", message.id),
            rcpt=message.rcpt,
            subject=subjects.get(message.content_id, ""),
            created_at=message.created_at,
            state=AttemptState(last[message.id]) if message.id in last else None,
            open=message.id in waiting,
        )
        for message in messages
    ]
