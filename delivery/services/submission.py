"""Accepts mail: one Submission, its content, and a message with a queue entry for every recipient."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.db.models import Q
from django.utils import timezone

from accounts.exceptions import DomainNotVerified, DomainOfAnotherStream
from accounts.models import SendingDomain
from accounts.models.tenant import new_id
from accounts.services.domains import verified_domain_for
from accounts.services.stream_domains import with_stream_domain
from accounts.tenancy import tenant_scope
from campaigns.models import Suppression
from delivery.exceptions import BadSubmission
from delivery.models import Attempt, AttemptState, Lane, Message, QueueEntry, Submission
from delivery.models.stream import Stream
from delivery.services.literal import write_content
from delivery.services.settle import CONTROL_SHARD
from delivery.services.sources import pool_id_for
from delivery.services.submission_check import problems_of
from delivery.services.submission_spec import Mailbox, SubmissionSpec
from delivery.services.timings import longest_wait
from relay_saas.mail.addresses import Address, parse_address
from relay_saas.web.problems import FieldProblem

_DOMAINS: Final = """
insert into delivery_domain (name, state) select name, 'unresolved' from unnest(%s::text[]) name
order by name on conflict (name) do nothing
"""
_DOMAIN_IDS: Final = "select name, id, site_id from delivery_domain where name = any(%s)"
_LANES: Final = """
insert into delivery_lane (tenant_id, pool_id, site_id, stream)
select %(tenant)s, %(pool)s, site, %(stream)s from unnest(%(sites)s::bigint[]) site on conflict do nothing
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
class Accepted:
    """What was written; it is true once the caller's transaction has committed."""

    submission: Submission
    messages: tuple[AcceptedMessage, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where a recipient domain's mail waits."""

    domain_id: int
    site_id: int | None


def submit(*, tenant_id: UUID, spec: SubmissionSpec, contact_id: int | None = None) -> Accepted:
    """Writes everything in one transaction; `contact_id` is the person that a single recipient is.

    Raises BadSubmission (`errors` names each problem by pointer), DomainNotVerified,
    DomainOfAnotherStream, NoEgress.
    """
    spec = _with_domain(tenant_id, spec)
    found = problems_of(spec)
    if found:
        raise BadSubmission("bad_message", errors=found)
    with tenant_scope(tenant_id):
        domain = _sending_domain(tenant_id, spec)
        content = write_content(tenant_id=tenant_id, spec=spec, domain=domain)
        submission = Submission.objects.create(
            id=new_id(),
            tenant_id=tenant_id,
            stream=spec.stream,
            channel=spec.channel,
            api_key_id=spec.api_key_id,
            content_id=content.pk,
            to=[_shown(mailbox) for mailbox in spec.to],
            cc=[_shown(mailbox) for mailbox in spec.cc],
            tags=list(spec.tags),
            metadata=dict(spec.metadata),
            request_id=spec.request_id,
        )
        messages = _write_messages(submission, spec, contact_id)
    return Accepted(submission=submission, messages=messages)


def _sending_domain(tenant_id: UUID, spec: SubmissionSpec) -> SendingDomain:
    try:
        return verified_domain_for(tenant_id=tenant_id, address=spec.from_.address, stream=spec.sender_stream)
    except (DomainNotVerified, DomainOfAnotherStream) as error:
        where = FieldProblem(pointer="/from/email", code=error.code, detail=error.message)
        raise type(error)(errors=[where]) from error


def _with_domain(tenant_id: UUID, spec: SubmissionSpec) -> SubmissionSpec:
    """A sender that names no domain sends from that of its stream."""
    address = with_stream_domain(tenant_id=tenant_id, stream=spec.sender_stream, address=spec.from_.address)
    return replace(spec, from_=replace(spec.from_, address=address))


def _shown(mailbox: Mailbox) -> str:
    """As people write it; only for display."""
    address = str(parse_address(mailbox.address))
    return f"{mailbox.name} <{address}>" if mailbox.name else address


def header_merge(spec: SubmissionSpec) -> dict[str, object]:
    """What the copies of all recipients share in their To and Cc fields: `[[name, address], …]`."""
    to, cc = (
        [[mailbox.name, str(parse_address(mailbox.address))] for mailbox in mailboxes]
        for mailboxes in (spec.to, spec.cc)
    )
    return {"relay": {"to": to, "cc": cc}}


def _write_messages(
    submission: Submission, spec: SubmissionSpec, contact_id: int | None
) -> tuple[AcceptedMessage, ...]:
    recipients: dict[str, Address] = {}
    for mailbox in spec.recipients:
        address = parse_address(mailbox.address)
        recipients.setdefault(address.key, address)
    places = _places({address.domain for address in recipients.values()})
    reasons = _suppressed(list(recipients), spec.stream)
    merge = header_merge(spec)
    # Sorted, because ids of one millisecond come in any order, and readers want the order of the request.
    ids = sorted(new_id() for _ in recipients)
    messages = [
        Message(
            id=message_id,
            tenant_id=submission.tenant_id,
            stream=spec.stream,
            contact_id=contact_id,
            submission_id=submission.pk,
            content_id=submission.content_id,
            rcpt=str(address),
            rcpt_key=key,
            domain_id=places[address.domain].domain_id,
            merge=merge,
            created_at=submission.created_at,
        )
        for message_id, (key, address) in zip(ids, recipients.items(), strict=True)
    ]
    Message.objects.bulk_create(messages)
    _suppress(submission.tenant_id, [message for message in messages if message.rcpt_key in reasons], reasons)
    _queue(spec.stream, [message for message in messages if message.rcpt_key not in reasons], places)
    return tuple(
        AcceptedMessage(id=message.id, address=message.rcpt, suppressed=message.rcpt_key in reasons)
        for message in messages
    )


def _places(names: set[str]) -> dict[str, _Place]:
    with connection.cursor() as cursor:
        cursor.execute(_DOMAINS, [sorted(names)])
        cursor.execute(_DOMAIN_IDS, [sorted(names)])
        return {name: _Place(domain_id=pk, site_id=site) for name, pk, site in cursor.fetchall()}


def _suppressed(keys: list[str], stream: Stream) -> Mapping[str, str]:
    """Reasons by address key; an undeliverable address is so for every stream."""
    scopes = [Suppression.Scope.ALL]
    if stream is Stream.MARKETING:
        scopes.append(Suppression.Scope.MARKETING)
    rows = Suppression.objects.filter(email_key__in=keys, scope__in=scopes)
    return dict(rows.values_list("email_key", "reason"))


def _suppress(tenant_id: UUID, messages: list[Message], reasons: Mapping[str, str]) -> None:
    if not messages:
        return
    Attempt.objects.bulk_create(
        Attempt(
            tenant_id=tenant_id,
            message_id=message.id,
            number=1,
            state=AttemptState.SUPPRESSED,
            category=reasons[message.rcpt_key],
            at=message.created_at,
        )
        for message in messages
    )
    delta: list[Any] = [tenant_id, AttemptState.SUPPRESSED, CONTROL_SHARD, len(messages)]
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, delta)
        cursor.execute(_ROLL, delta)


def _queue(stream: Stream, messages: list[Message], places: Mapping[str, _Place]) -> None:
    if not messages:
        return
    tenant_id, now = messages[0].tenant_id, timezone.now()
    lanes = _lanes(tenant_id, stream, {place.site_id for place in places.values()})
    by_domain = {place.domain_id: place for place in places.values()}
    expires_at: datetime = now + longest_wait(stream)
    QueueEntry.objects.bulk_create(
        QueueEntry(
            tenant_id=tenant_id,
            message_id=message.id,
            lane_id=lanes[by_domain[message.domain_id].site_id],
            domain_id=message.domain_id,
            next_attempt_at=now,
            expires_at=expires_at,
        )
        for message in messages
    )


def _lanes(tenant_id: UUID, stream: Stream, sites: set[int | None]) -> dict[int | None, int]:
    pool_id = pool_id_for(tenant_id=tenant_id, stream=stream)
    values: dict[str, Any] = {"tenant": tenant_id, "pool": pool_id, "stream": stream, "sites": list(sites)}
    with connection.cursor() as cursor:
        cursor.execute(_LANES, values)
    wanted = Q(site_id__in=sites - {None}) | Q(site=None)
    found = Lane.objects.filter(wanted, pool_id=pool_id, source=None, stream=stream, campaign_id=None)
    return dict(found.values_list("site_id", "pk"))
