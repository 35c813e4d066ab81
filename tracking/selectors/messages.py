"""Lists of messages, newest first, with where each stands: of an organization, and of one campaign."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from campaigns.models import Content
from delivery.models import Attempt, AttemptState, Message, QueueEntry
from relay_saas.mail.addresses import BadAddress, parse_address
from relay_saas.mail.ids import format_id
from relay_saas.web.paging import Page, page_of
from tracking.models import Reaction
from tracking.selectors.message_keys import Wanted, keys_of

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRow:
    """One line; `state` is None while nothing was tried, `open` says that it still waits."""

    id: UUID
    word: str
    rcpt: str
    contact_id: int | None
    campaign_id: int | None
    subject: str
    created_at: datetime
    state: AttemptState | None
    #: Class of the last answer (`recipient_unknown`, …).
    category: str
    open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientRow:
    """One recipient of a campaign: the message, and when they first did what (by (kind, machine))."""

    message: MessageRow
    reactions: dict[tuple[str, bool], datetime]


def key_of(address: str) -> str | None:
    """The key under which an address is found; None for what is no address."""
    try:
        return parse_address(address).key
    except BadAddress:
        return None


def message_page(
    *, tenant_id: UUID, cursor: str | None, address: str = "", wanted: Wanted | None = None
) -> Page[MessageRow]:
    """Newest first; with an address, those to it alone (what is no address finds nothing). Five queries."""
    if address:
        key = key_of(address)
        if key is None:
            return Page(items=(), next_cursor=None, previous_cursor=None)
        wanted = Wanted(rcpt_key=key)
    return wanted_page(tenant_id=tenant_id, wanted=wanted or Wanted(), cursor=cursor)


def messages_of_submission(*, tenant_id: UUID, submission_id: UUID) -> Page[MessageRow]:
    """The copies that one request by API made, at most a page."""
    found = Message.objects.filter(tenant_id=tenant_id, submission_id=submission_id).order_by("-id")
    return Page(
        items=tuple(message_rows(tenant_id, list(found[:PAGE_SIZE]))), next_cursor=None, previous_cursor=None
    )


def one_message(*, tenant_id: UUID, message_id: UUID) -> Page[MessageRow]:
    """A list of the one message, or of none."""
    found = list(Message.objects.filter(tenant_id=tenant_id, id=message_id))
    return Page(items=tuple(message_rows(tenant_id, found)), next_cursor=None, previous_cursor=None)


def recipient_page(*, tenant_id: UUID, wanted: Wanted, cursor: str | None) -> Page[RecipientRow]:
    """A page of a campaign's recipients with what they did. Six queries."""
    page = wanted_page(tenant_id=tenant_id, wanted=wanted, cursor=cursor)
    return Page(
        items=tuple(recipient_rows(tenant_id, page.items)),
        next_cursor=page.next_cursor,
        previous_cursor=page.previous_cursor,
    )


def recipient_rows(tenant_id: UUID, rows: Sequence[MessageRow]) -> list[RecipientRow]:
    """The rows with their recipients' first reactions. One query."""
    reactions: dict[UUID, dict[tuple[str, bool], datetime]] = defaultdict(dict)
    found = Reaction.objects.filter(tenant_id=tenant_id, message_id__in=[row.id for row in rows])
    for message_id, kind, machine, at in found.values_list("message_id", "kind", "machine", "at"):
        reactions[message_id][kind, machine] = at
    return [RecipientRow(message=row, reactions=reactions.get(row.id, {})) for row in rows]


def wanted_page(
    *, tenant_id: UUID, wanted: Wanted, cursor: str | None, size: int | None = None
) -> Page[MessageRow]:
    """Newest first: whatever is asked for; PAGE_SIZE a page if it is not said. Five queries."""
    keys, column = keys_of(tenant_id, wanted)
    page = page_of(keys, order=(f"-{column}",), cursor=cursor, size=size or PAGE_SIZE)
    return Page(
        items=tuple(rows_of(tenant_id, page.items, column)),
        next_cursor=page.next_cursor,
        previous_cursor=page.previous_cursor,
    )


def rows_of(tenant_id: UUID, keys: Sequence[Any], column: str) -> list[MessageRow]:
    """The messages that `keys` lead to, in their order."""
    if column == "id":
        return message_rows(tenant_id, keys)
    ids = [getattr(key, column) for key in keys]
    found = Message.objects.filter(tenant_id=tenant_id).in_bulk(ids)
    return message_rows(tenant_id, [found[one] for one in ids if one in found])


def message_rows(tenant_id: UUID, messages: Sequence[Message]) -> list[MessageRow]:
    """The messages with where each stands, in the same order. Three queries."""
    ids = [message.id for message in messages]
    attempts = Attempt.objects.filter(tenant_id=tenant_id, message_id__in=ids).order_by("number")
    last = {
        message_id: (AttemptState(state), category)
        for message_id, state, category in attempts.values_list("message_id", "state", "category")
    }
    queued = QueueEntry.objects.filter(tenant_id=tenant_id, message_id__in=ids)
    waiting = set(queued.values_list("message_id", flat=True))
    contents = {message.content_id for message in messages}
    subjects = dict(Content.objects.filter(tenant_id=tenant_id, pk__in=contents).values_list("pk", "subject"))
    return [
        MessageRow(
            id=message.id,
            word=format_id("msg", message.id),
            rcpt=message.rcpt,
            contact_id=message.contact_id,
            campaign_id=message.campaign_id,
            subject=subjects.get(message.content_id, ""),
            created_at=message.created_at,
            state=last[message.id][0] if message.id in last else None,
            category=last[message.id][1] if message.id in last else "",
            open=message.id in waiting,
        )
        for message in messages
    ]
