"""Writes messages and their queue entries, of one submission or of many: the same few statements."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.utils import timezone

from accounts.models.tenant import new_id
from campaigns.models import Suppression
from delivery.models import Attempt, AttemptState, Message, QueueEntry, Submission
from delivery.models.stream import Stream
from delivery.services.bulk import insert_all
from delivery.services.settle import CONTROL_SHARD
from delivery.services.sources import pool_id_for
from delivery.services.timings import longest_wait
from relay_saas.mail.addresses import Address

_DOMAINS: Final = """
insert into delivery_domain (name, state) select name, 'unresolved' from unnest(%s::text[]) name
order by name on conflict (name) do nothing
"""
_DOMAIN_IDS: Final = "select name, id, site_id from delivery_domain where name = any(%s)"
_LANES: Final = """
insert into delivery_lane (tenant_id, pool_id, site_id, stream)
select %(tenant)s, %(pool)s, site, %(stream)s from unnest(%(sites)s::bigint[]) site on conflict do nothing
"""
_FIND_LANES: Final = """
select site_id, id from delivery_lane
where tenant_id = %(tenant)s and pool_id = %(pool)s and source_id is null and stream = %(stream)s
  and campaign_id is null and (site_id = any(%(sites)s::bigint[]) or site_id is null)
"""
_SUPPRESSED: Final = """
select email_key, scope, reason from campaigns_suppression where tenant_id = %s and email_key = any(%s)
"""
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
    """What one submission, which is written already, sends."""

    submission: Submission
    #: By their key.
    recipients: Mapping[str, Address]
    #: What the composer takes beside the content.
    merge: Mapping[str, object]
    contact_id: int | None = None
    #: Not before then; None: at once.
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where a recipient domain's mail waits."""

    domain_id: int
    site_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """One message with what is known of it."""

    message: Message
    site_id: int | None
    due_at: datetime
    #: Why it is not sent; "" where nothing stands against it.
    reason: str


def enqueue(*, tenant_id: UUID, batch: Sequence[Copies]) -> list[tuple[AcceptedMessage, ...]]:
    """The messages of each, in the order of their recipients; in the caller's scope and transaction.

    Raises NoEgress.
    """
    places = _places({address.domain for copies in batch for address in copies.recipients.values()})
    reasons = _suppressed(tenant_id, {key for copies in batch for key in copies.recipients})
    now = timezone.now()
    rows = [_rows(tenant_id, copies, places, reasons, now) for copies in batch]
    flat = [row for group in rows for row in group]
    insert_all(Message, [row.message for row in flat])
    _suppress(tenant_id, [row for row in flat if row.reason])
    for stream in {row.message.stream for row in flat}:
        queued = [row for row in flat if row.message.stream == stream and not row.reason]
        if queued:
            _queue(tenant_id, Stream(stream), queued)
    return [
        tuple(
            AcceptedMessage(id=row.message.id, address=row.message.rcpt, suppressed=bool(row.reason))
            for row in group
        )
        for group in rows
    ]


def _rows(
    tenant_id: UUID,
    copies: Copies,
    places: Mapping[str, _Place],
    reasons: Mapping[tuple[str, str], str],
    now: datetime,
) -> list[_Row]:
    submission = copies.submission
    scopes = _scopes(Stream(submission.stream))
    # Sorted, because ids of one millisecond come in any order, and readers want the order of the request.
    ids = sorted(new_id() for _ in copies.recipients)
    return [
        _Row(
            message=Message(
                id=message_id,
                tenant_id=tenant_id,
                stream=submission.stream,
                contact_id=copies.contact_id,
                submission_id=submission.pk,
                content_id=submission.content_id,
                rcpt=str(address),
                rcpt_key=key,
                domain_id=places[address.domain].domain_id,
                merge=dict(copies.merge),
                created_at=submission.created_at,
            ),
            site_id=places[address.domain].site_id,
            due_at=max(copies.due_at or now, now),
            reason=next((reasons[key, scope] for scope in scopes if (key, scope) in reasons), ""),
        )
        for message_id, (key, address) in zip(ids, copies.recipients.items(), strict=True)
    ]


def _places(names: set[str]) -> dict[str, _Place]:
    with connection.cursor() as cursor:
        found = _find_places(cursor, names)
        if missing := names - set(found):
            cursor.execute(_DOMAINS, [sorted(missing)])
            found |= _find_places(cursor, missing)
        return found


def _find_places(cursor: Any, names: set[str]) -> dict[str, _Place]:
    cursor.execute(_DOMAIN_IDS, [sorted(names)])
    return {name: _Place(domain_id=pk, site_id=site) for name, pk, site in cursor.fetchall()}


def _scopes(stream: Stream) -> list[str]:
    """An undeliverable address is so for every stream."""
    scopes: list[str] = [Suppression.Scope.ALL]
    return [*scopes, Suppression.Scope.MARKETING] if stream is Stream.MARKETING else scopes


def _suppressed(tenant_id: UUID, keys: Iterable[str]) -> dict[tuple[str, str], str]:
    """Reasons by address key and scope."""
    with connection.cursor() as cursor:
        cursor.execute(_SUPPRESSED, [tenant_id, list(keys)])
        return {(key, scope): reason for key, scope, reason in cursor.fetchall()}


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


def _queue(tenant_id: UUID, stream: Stream, rows: list[_Row]) -> None:
    lanes = _lanes(tenant_id, stream, {row.site_id for row in rows})
    wait = longest_wait(stream)
    entries = [
        QueueEntry(
            tenant_id=tenant_id,
            message_id=row.message.id,
            lane_id=lanes[row.site_id],
            domain_id=row.message.domain_id,
            next_attempt_at=row.due_at,
            expires_at=row.due_at + wait,
        )
        for row in rows
    ]
    insert_all(QueueEntry, entries)


def _lanes(tenant_id: UUID, stream: Stream, sites: set[int | None]) -> dict[int | None, int]:
    pool_id = pool_id_for(tenant_id=tenant_id, stream=stream)
    found = _find_lanes(tenant_id, pool_id, stream, sites)
    missing = sites - set(found)
    if missing:
        values: dict[str, Any] = {"tenant": tenant_id, "pool": pool_id, "stream": stream}
        with connection.cursor() as cursor:
            cursor.execute(_LANES, values | {"sites": list(missing)})
        found |= _find_lanes(tenant_id, pool_id, stream, missing)
    return found


def _find_lanes(
    tenant_id: UUID, pool_id: int, stream: Stream, sites: set[int | None]
) -> dict[int | None, int]:
    values = {"tenant": tenant_id, "pool": pool_id, "stream": stream, "sites": list(sites - {None})}
    with connection.cursor() as cursor:
        cursor.execute(_FIND_LANES, values)
        return dict(cursor.fetchall())
