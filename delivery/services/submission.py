"""Accepts mail: one Submission, its content, and a message with a queue entry for every recipient.

Many at once are written by the same few statements as one.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from django.utils import timezone

from accounts.exceptions import DomainNotVerified, DomainOfAnotherStream
from accounts.models import SendingDomain
from accounts.models.tenant import new_id
from accounts.tenancy import reading_scope
from campaigns.models import Content
from delivery.exceptions import BadSubmission
from delivery.models import Submission
from delivery.models.stream import Stream
from delivery.services.bulk import insert_all
from delivery.services.enqueue import AcceptedMessage, Copies, enqueue
from delivery.services.literal import Targets, prepare_content, write_links
from delivery.services.senders import senders
from delivery.services.submission_check import problems_of
from delivery.services.submission_spec import Mailbox, SubmissionSpec
from delivery.services.topics import NOBODY, People, known_topics, people_of, topic_problems
from relay_saas.mail.addresses import Address, BadAddress, parse_address
from relay_saas.web.errors import RelayError
from relay_saas.web.problems import FieldProblem


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """What was written; it is true once the caller's transaction has committed."""

    submission: Submission
    messages: tuple[AcceptedMessage, ...]
    #: It had been accepted before; nothing was written now.
    repeated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A request that passed its checks, with what is written for it."""

    spec: SubmissionSpec
    content: Content
    targets: Targets


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What the requests name."""

    #: By name, and each stream's own by the stream.
    domains: Mapping[str | Stream, SendingDomain]
    topics: Collection[int]


#: Refuses a sender; raises RelayError.
SenderCheck = Callable[[str], None]


def submit(
    *,
    tenant_id: UUID,
    spec: SubmissionSpec,
    contact_id: int | None = None,
    check_sender: SenderCheck | None = None,
) -> Accepted:
    """Writes everything in one transaction; `contact_id` is the person that a single recipient is.

    `check_sender` gets the sender's domain. Raises BadSubmission (`errors` names each problem by pointer),
    DomainNotVerified, DomainOfAnotherStream, NoEgress.
    """
    (result,) = submit_many(
        tenant_id=tenant_id, specs=[spec], contact_id=contact_id, check_sender=check_sender
    )
    if isinstance(result, RelayError):
        raise result
    return result


def submit_many(
    *,
    tenant_id: UUID,
    specs: Sequence[SubmissionSpec],
    contact_id: int | None = None,
    check_sender: SenderCheck | None = None,
) -> list[Accepted | RelayError]:
    """The same for many, in one transaction: each has its answer, in their order. Raises NoEgress."""
    # In a scope that is open nothing is taken back by itself: what refuses has written nothing yet.
    with reading_scope(tenant_id):
        checked = check_many(tenant_id=tenant_id, specs=specs, check_sender=check_sender)
        written = iter(_write(tenant_id, [one for one in checked if isinstance(one, Checked)], contact_id))
        return [one if isinstance(one, RelayError) else next(written) for one in checked]


def check_many(
    *, tenant_id: UUID, specs: Sequence[SubmissionSpec], check_sender: SenderCheck | None = None
) -> list[Checked | RelayError]:
    """What would be written, or why not; in the tenant's scope, nothing is written."""
    domains = _domains(specs)
    topics = known_topics(tenant_id, specs)
    known: dict[object, tuple[Content, Targets]] = {}
    return [
        _checked(tenant_id, spec, _Found(domains=domains, topics=topics), known, check_sender)
        for spec in specs
    ]


def _domains(specs: Sequence[SubmissionSpec]) -> Mapping[str | Stream, SendingDomain]:
    """Verified domains by name, and each stream's own by the stream."""
    names = {_domain_in(spec.from_.address) for spec in specs}
    streams = {spec.sender_stream for spec in specs if "@" not in spec.from_.address}
    by: dict[str | Stream, SendingDomain] = {}
    for domain in senders(names=names, streams=streams):
        by[domain.name] = domain
        if domain.stream is not None:
            by[Stream(domain.stream)] = domain
    return by


def _domain_in(address: str) -> str:
    try:
        return parse_address(address).domain
    except BadAddress:
        return ""


def _checked(
    tenant_id: UUID,
    spec: SubmissionSpec,
    found: _Found,
    known: dict[object, tuple[Content, Targets]],
    check_sender: SenderCheck | None,
) -> Checked | RelayError:
    try:
        spec = _with_domain(spec, found.domains)
        if problems := [*problems_of(spec), *topic_problems(spec, found.topics)]:
            raise BadSubmission("bad_message", errors=problems)
        domain = _sending_domain(spec, found.domains, check_sender)
        key = _content_key(spec)
        if key not in known:
            known[key] = prepare_content(tenant_id=tenant_id, spec=spec, domain=domain)
    except RelayError as error:
        return error
    content, targets = known[key]
    return Checked(spec=spec, content=content, targets=targets)


def _content_key(spec: SubmissionSpec) -> object:
    """Requests with the same key say the same."""
    tracked = spec.opens_tracked, spec.clicks_tracked
    said = spec.from_, spec.reply_to, spec.subject, spec.html, spec.text, spec.headers, spec.attachments
    return said, spec.stream, spec.topic_id, tracked


def _with_domain(spec: SubmissionSpec, domains: Mapping[str | Stream, SendingDomain]) -> SubmissionSpec:
    """A sender that names no domain sends from that of its stream."""
    address, own = spec.from_.address, domains.get(spec.sender_stream)
    if not address or "@" in address or own is None:
        return spec
    return replace(spec, from_=replace(spec.from_, address=f"{address}@{own.name}"))


def _sending_domain(
    spec: SubmissionSpec, domains: Mapping[str | Stream, SendingDomain], check_sender: SenderCheck | None
) -> SendingDomain:
    """The verified domain that signs; raises DomainNotVerified, DomainOfAnotherStream and the check's own."""
    name = parse_address(spec.from_.address).domain
    domain = domains.get(name)
    try:
        if domain is None or domain.state != SendingDomain.State.VERIFIED:
            raise DomainNotVerified
        if domain.stream not in {None, spec.sender_stream}:
            raise DomainOfAnotherStream
        if check_sender is not None:
            check_sender(name)
    except RelayError as error:
        where = FieldProblem(pointer="/from/email", code=error.code, detail=error.message)
        raise type(error)(errors=[where]) from error
    return domain


def _write(tenant_id: UUID, checked: Sequence[Checked], contact_id: int | None) -> list[Accepted]:
    if not checked:
        return []
    contents = {id(one.content): one for one in checked}
    insert_all(Content, [one.content for one in contents.values()])
    for one in contents.values():
        write_links(one.content, one.targets)
    # Sorted, because ids of one millisecond come in any order, and lists show the order of the request.
    ids = sorted(new_id() for _ in checked)
    submissions = [_submission(tenant_id, pk, one) for pk, one in zip(ids, checked, strict=True)]
    recipients = [recipients_of(one.spec) for one in checked]
    people = _people(tenant_id, checked, recipients)
    batch = [
        Copies(
            submission=submission,
            recipients=addresses,
            merge=header_merge(one.spec),
            contact_id=contact_id,
            people=NOBODY if one.spec.topic_id is None else people[one.spec.topic_id],
            due_at=one.spec.send_at,
        )
        for submission, one, addresses in zip(submissions, checked, recipients, strict=True)
    ]
    messages = enqueue(tenant_id=tenant_id, batch=batch)
    return [
        Accepted(submission=submission, messages=copies)
        for submission, copies in zip(submissions, messages, strict=True)
    ]


def _people(
    tenant_id: UUID, checked: Sequence[Checked], recipients: Sequence[Mapping[str, Address]]
) -> Mapping[int, People]:
    """What is known of the recipients of each topic."""
    keys: dict[int, set[str]] = {}
    for one, addresses in zip(checked, recipients, strict=True):
        if one.spec.topic_id is not None:
            keys.setdefault(one.spec.topic_id, set()).update(addresses)
    return people_of(tenant_id, keys)


def _submission(tenant_id: UUID, pk: UUID, one: Checked) -> Submission:
    spec = one.spec
    return Submission(
        id=pk,
        tenant_id=tenant_id,
        stream=spec.stream,
        channel=spec.channel,
        api_key_id=spec.api_key_id,
        content_id=one.content.pk,
        to=[shown(mailbox) for mailbox in spec.to],
        cc=[shown(mailbox) for mailbox in spec.cc],
        tags=list(spec.tags),
        metadata=dict(spec.metadata),
        request_id=spec.request_id,
        send_at=spec.send_at,
        created_at=timezone.now(),
    )


def shown(mailbox: Mailbox) -> str:
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


def recipients_of(spec: SubmissionSpec) -> dict[str, Address]:
    """By key, each once, in the order of the request."""
    recipients: dict[str, Address] = {}
    for mailbox in spec.recipients:
        address = parse_address(mailbox.address)
        recipients.setdefault(address.key, address)
    return recipients
