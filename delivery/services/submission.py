"""Accepts mail: one Submission, its content, and a message with a queue entry for every recipient."""

from dataclasses import dataclass, replace
from uuid import UUID

from accounts.exceptions import DomainNotVerified, DomainOfAnotherStream
from accounts.models import SendingDomain
from accounts.models.tenant import new_id
from accounts.services.domains import verified_domain_for
from accounts.services.stream_domains import with_stream_domain
from accounts.tenancy import tenant_scope
from delivery.exceptions import BadSubmission
from delivery.models import Submission
from delivery.services.enqueue import AcceptedMessage, Copies, enqueue
from delivery.services.literal import write_content
from delivery.services.submission_check import problems_of
from delivery.services.submission_spec import Mailbox, SubmissionSpec
from relay_saas.mail.addresses import Address, parse_address
from relay_saas.web.problems import FieldProblem


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """What was written; it is true once the caller's transaction has committed."""

    submission: Submission
    messages: tuple[AcceptedMessage, ...]
    #: It had been accepted before; nothing was written now.
    repeated: bool = False


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
        copies = Copies(
            submission=submission,
            recipients=_recipients(spec),
            merge=header_merge(spec),
            contact_id=contact_id,
        )
        (messages,) = enqueue(tenant_id=tenant_id, batch=[copies])
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


def _recipients(spec: SubmissionSpec) -> dict[str, Address]:
    """By key, each once, in the order of the request."""
    recipients: dict[str, Address] = {}
    for mailbox in spec.recipients:
        address = parse_address(mailbox.address)
        recipients.setdefault(address.key, address)
    return recipients
