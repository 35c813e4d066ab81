"""Writes submissions with their messages and queue entries, one or many: the same few statements."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.utils import timezone

from accounts.models.tenant import new_id
from delivery.events import announce_accepted
from delivery.models import Attempt, AttemptState, Message, QueueEntry, Submission
from delivery.models.stream import Stream
from delivery.services.bulk import insert_together
from delivery.services.settle import CONTROL_SHARD
from delivery.services.timings import longest_wait
from delivery.services.topics import NOBODY, People
from delivery.services.whereabouts import Whereabouts, find, reason_against
from relay_saas.mail.addresses import Address

_COUNT: Final = """
insert into delivery_counter as c (tenant_id, campaign_id, state, shard, n) values (%s, 0, %s, %s, %s)
on conflict (tenant_id, campaign_id, state, shard) do update set n = c.n + excluded.n
"""
_ROLL: Final = """
insert into delivery_rollup as r (tenant_id, campaign_id, minute, provider_id, state, shard, n)
values (%s, 0, date_trunc('minute', now()), 0, %s, %s, %s)
on conflict (tenant_id, campaign_id, minute, provider_id, state, shard) do update set n = r.n + excluded.n
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedMessage:
    """One recipient's copy; a suppressed one is final and never queued."""

    id: UUID
    address: str
    suppressed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Copies:
    """What one submission, which is written with it, sends."""

    submission: Submission
    #: By their key.
    recipients: Mapping[str, Address]
    #: What the composer takes beside the content.
    merge: Mapping[str, object]
    contact_id: int | None = None
    #: Of mail about a topic: who is a contact, and who has left it.
    people: People = NOBODY
    #: Not before then; None: at once.
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """One message with what is known of it."""

    message: Message
    lane_id: int
    due_at: datetime
    #: Why it is not sent; "" where nothing stands against it.
    reason: str


def enqueue(*, tenant_id: UUID, batch: Sequence[Copies]) -> list[tuple[AcceptedMessage, ...]]:
    """Writes each with its messages and returns them in the order of their recipients; in the caller's scope
    and transaction.

    Raises NoEgress.
    """
    now = timezone.now()
    found = {
        stream: _find(tenant_id, stream, batch)
        for stream in {Stream(copies.submission.stream) for copies in batch}
    }
    rows = [_rows(tenant_id, copies, found[Stream(copies.submission.stream)], now) for copies in batch]
    flat = [row for group in rows for row in group]
    insert_together(
        (Submission, [copies.submission for copies in batch]),
        (Message, [row.message for row in flat]),
        (QueueEntry, _entries([row for row in flat if not row.reason])),
    )
    _suppress(tenant_id, [row for row in flat if row.reason])
    if any(row.due_at <= now and not row.reason for row in flat):
        announce_accepted(pools={one.pool_id for one in found.values()})
    return [
        tuple(
            AcceptedMessage(id=row.message.id, address=row.message.rcpt, suppressed=bool(row.reason))
            for row in group
        )
        for group in rows
    ]


def _find(tenant_id: UUID, stream: Stream, batch: Sequence[Copies]) -> Whereabouts:
    own = [copies for copies in batch if copies.submission.stream == stream]
    return find(
        tenant_id=tenant_id,
        stream=stream,
        names={address.domain for copies in own for address in copies.recipients.values()},
        keys={key for copies in own for key in copies.recipients},
    )


def _rows(tenant_id: UUID, copies: Copies, found: Whereabouts, now: datetime) -> list[_Row]:
    submission, rows = copies.submission, []
    stream = Stream(submission.stream)
    # Sorted, because ids of one millisecond come in any order, and readers want the order of the request.
    ids = sorted(new_id() for _ in copies.recipients)
    for message_id, (key, address) in zip(ids, copies.recipients.items(), strict=True):
        place = found.places[address.domain]
        message = Message(
            id=message_id,
            tenant_id=tenant_id,
            stream=submission.stream,
            contact_id=copies.contact_id or copies.people.contacts.get(key),
            submission_id=submission.pk,
            content_id=submission.content_id,
            rcpt=str(address),
            rcpt_key=key,
            domain_id=place.domain_id,
            merge=copies.merge,
            created_at=submission.created_at,
        )
        rows.append(
            _Row(
                message=message,
                lane_id=found.lanes[place.site_id],
                due_at=max(copies.due_at or now, now),
                reason=reason_against(found, key, stream)
                or ("unsubscribed" if key in copies.people.left else ""),
            )
        )
    return rows


def _entries(rows: Sequence[_Row]) -> list[QueueEntry]:
    waits = {stream: longest_wait(stream) for stream in {row.message.stream for row in rows}}
    return [
        QueueEntry(
            tenant_id=row.message.tenant_id,
            message_id=row.message.id,
            lane_id=row.lane_id,
            domain_id=row.message.domain_id,
            next_attempt_at=row.due_at,
            expires_at=row.due_at + waits[row.message.stream],
        )
        for row in rows
    ]


def _suppress(tenant_id: UUID, rows: list[_Row]) -> None:
    if not rows:
        return
    Attempt.objects.bulk_create(
        Attempt(
            tenant_id=tenant_id,
            message_id=row.message.id,
            number=1,
            state=AttemptState.SUPPRESSED,
            category=row.reason,
            at=row.message.created_at,
        )
        for row in rows
    )
    delta: list[Any] = [tenant_id, AttemptState.SUPPRESSED, CONTROL_SHARD, len(rows)]
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, delta)
        cursor.execute(_ROLL, delta)
