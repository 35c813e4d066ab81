"""Accepts whole messages: octets, messages, queue entries and receipts of one or many in one transaction."""

from collections.abc import Mapping, Sequence
from ipaddress import ip_address
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from accounts.exceptions import DomainNotVerified, DomainOfAnotherStream
from accounts.models import SendingDomain
from accounts.models.tenant import new_id
from accounts.tenancy import tenant_scope
from campaigns.models import Content
from delivery.exceptions import BadSubmission
from delivery.models import Message, NoticeRequest, RawMail, Submission
from delivery.services.bulk import insert_all
from delivery.services.enqueue import AcceptedMessage, Copies, enqueue
from delivery.services.literal import write_links
from delivery.services.notice_requests import notice_requests
from delivery.services.raw_read import ReadMail, read_mail
from delivery.services.raw_receipts import Claim, claim, owners
from delivery.services.raw_spec import RawOptions
from delivery.services.raw_template import fill_template
from delivery.services.senders import senders
from delivery.services.submission import Accepted
from relay_saas.mail.addresses import parse_address
from relay_saas.mail.headers import format_date
from relay_saas.mail.ids import format_id
from relay_saas.mail.raw_message import raw_field
from relay_saas.web.errors import RelayError
from relay_saas.web.problems import FieldProblem

#: By id, with their messages.
Written = dict[UUID, tuple[Submission, tuple[AcceptedMessage, ...]]]


def submit_raw(
    *, tenant_id: UUID, raw: bytes, envelope_from: str, recipients: Sequence[str], options: RawOptions
) -> Accepted:
    """Checks and writes a message for each of its recipients; one that came before is not written again.

    `raw` has CRLF line ends. `envelope_from` is "" for the null sender. Raises BadSubmission (its first error
    says what is wrong), DomainNotVerified, DomainOfAnotherStream, TemplateNotRendered, NoEgress.
    """
    mail = read_mail(
        raw=raw,
        envelope_from=envelope_from,
        recipients=recipients,
        options=options,
        filled=fill_template(tenant_id=tenant_id, raw=raw, options=options),
    )
    (result,) = submit_read(tenant_id=tenant_id, mails=[mail])
    if isinstance(result, RelayError):
        raise result
    return result


def host_on_wire() -> str:
    """What the submission server calls itself (RFC 5321 §4.1.3: an address stands in brackets)."""
    host: str = settings.RELAY_SUBMISSION_HOST
    try:
        return f"[{ip_address(host)}]"
    except ValueError:
        return host


def submit_read(*, tenant_id: UUID, mails: Sequence[ReadMail]) -> list[Accepted | RelayError]:
    """Writes messages of one organization in one transaction; each has its answer, in their order."""
    with tenant_scope(tenant_id):
        domains = _domains({name for mail in mails for name in mail.domains})
        refusals = [_refusal(mail, domains) for mail in mails]
        claims = claim(
            tenant_id=tenant_id,
            mails=[(new_id(), mail) for mail, refusal in zip(mails, refusals, strict=True) if not refusal],
        )
        written = _write(tenant_id, [one for one in claims if one.recipients], domains)
        answers = iter(_answers(claims, written))
        return [refusal or next(answers) for refusal in refusals]


def accepted_before(*, tenant_id: UUID, mails: Sequence[ReadMail]) -> list[Accepted | None]:
    """The answer of each message that came before as it is; None where it is new, in whole or in part."""
    with tenant_scope(tenant_id):
        found = owners(tenant_id=tenant_id, mails=mails)
        wanted = {owner for owner in found if owner is not None}
        known = {one.pk: one for one in Submission.objects.filter(pk__in=wanted)} if wanted else {}
        return [
            Accepted(submission=known[owner], messages=_messages(known[owner]), repeated=True)
            if owner in known
            else None
            for owner in found
        ]


def _domains(names: set[str]) -> dict[str, SendingDomain]:
    found = senders(names=names)
    return {domain.name: domain for domain in found if domain.state == SendingDomain.State.VERIFIED}


def _refusal(mail: ReadMail, domains: Mapping[str, SendingDomain]) -> RelayError | None:
    for header, name in zip(("From", "Sender"), mail.domains, strict=False):
        domain = domains.get(name)
        kind = (
            DomainNotVerified
            if domain is None
            else DomainOfAnotherStream
            if domain.stream not in {None, mail.options.stream}
            else None
        )
        if kind is not None:
            where = FieldProblem(pointer=f"/headers/{header}", code=kind.code, detail=kind.message)
            return kind(errors=[where])
    return None


def _write(tenant_id: UUID, claims: Sequence[Claim], domains: Mapping[str, SendingDomain]) -> Written:
    if not claims:
        return {}
    contents = insert_all(
        Content, [_content(tenant_id, one.mail, domains[one.mail.domains[0]]) for one in claims]
    )
    pairs = list(zip(claims, contents, strict=True))
    insert_all(RawMail, [_raw(one, content) for one, content in pairs])
    for one, content in pairs:
        if one.mail.marked is not None:
            write_links(content, one.mail.marked.targets)
    submissions = [_submission(one, content) for one, content in pairs]
    batch = [
        Copies(
            submission=submission,
            recipients=one.recipients,
            merge={},
            due_at=one.mail.options.send_at,
        )
        for one, submission in zip(claims, submissions, strict=True)
    ]
    messages = enqueue(tenant_id=tenant_id, batch=batch)
    _ask_for_notices(claims, submissions, messages)
    return {
        submission.pk: (submission, copies) for submission, copies in zip(submissions, messages, strict=True)
    }


def _ask_for_notices(
    claims: Sequence[Claim],
    submissions: Sequence[Submission],
    messages: Sequence[Sequence[AcceptedMessage]],
) -> None:
    rows = [
        row
        for one, submission, copies in zip(claims, submissions, messages, strict=True)
        if one.mail.options.bounce_notice
        for row in notice_requests(
            submission, [(copy.id, parse_address(copy.address).key) for copy in copies]
        )
    ]
    if rows:
        insert_all(NoticeRequest, rows)


def _content(tenant_id: UUID, mail: ReadMail, domain: SendingDomain) -> Content:
    marked = mail.marked
    return Content(
        tenant_id=tenant_id,
        from_name=mail.sender.name,
        from_address=mail.sender.address,
        reply_to=mail.reply_to,
        subject=mail.subject,
        html=None if marked is None else marked.html,
        text=None if marked is None else marked.text,
        fields=[] if marked is None else marked.fields,
        is_template=marked is not None,
        track_opens=marked is not None and mail.options.opens_tracked,
        track_clicks=bool(marked and marked.targets),
        sending_domain=domain,
    )


def _raw(one: Claim, content: Content) -> RawMail:
    mail, now = one.mail, timezone.now()
    queue_id = format_id("em", one.submission_id)
    trace = f"by {host_on_wire()}\r\n with {mail.options.protocol} id {queue_id}; {format_date(now)}"
    added = [raw_field("Received", trace)]
    if not mail.has_date:
        added.append(raw_field("Date", format_date(now)))
    if not mail.has_message_id:
        added.append(raw_field("Message-ID", f"<{one.submission_id.hex}@{mail.domains[0]}>"))
    return RawMail(
        tenant_id=content.tenant_id,
        content_id=content.pk,
        head="".join(item.wire for item in (*added, *mail.fields)).encode(),
        body=mail.body,
        parts=mail.stored_parts() if mail.marked is not None else [],
        null_sender=mail.options.channel in {"smtp", "system"} and not mail.envelope_from,
    )


def _submission(one: Claim, content: Content) -> Submission:
    mail, options = one.mail, one.mail.options
    return Submission(
        id=one.submission_id,
        tenant_id=content.tenant_id,
        stream=options.stream,
        channel=options.channel,
        api_key_id=options.api_key_id,
        smtp_credential_id=options.smtp_credential_id,
        content_id=content.pk,
        to=list(mail.to),
        cc=list(mail.cc),
        tags=list(options.tags),
        metadata=dict(options.metadata),
        request_id=options.request_id,
        mail_from=mail.envelope_from,
        dsn=options.notice.document(),
        reused_id=one.reused,
        created_at=timezone.now(),
    )


def _answers(claims: Sequence[Claim], written: Written) -> list[Accepted | RelayError]:
    earlier = {one.earlier for one in claims if one.earlier} - set(written)
    known: Written = {}
    if earlier:
        found = Submission.objects.filter(pk__in=earlier)
        known = {submission.pk: (submission, _messages(submission)) for submission in found}
    return [_answer(one, written, known) for one in claims]


def _answer(one: Claim, written: Written, known: Written) -> Accepted | RelayError:
    if one.refused:
        return BadSubmission("other_body")
    if one.submission_id in written:
        submission, messages = written[one.submission_id]
        return Accepted(submission=submission, messages=messages)
    owner = one.earlier or one.submission_id
    submission, messages = written.get(owner) or known[owner]
    return Accepted(submission=submission, messages=messages, repeated=True)


def _messages(submission: Submission) -> tuple[AcceptedMessage, ...]:
    """Those of an earlier transaction; whether one was suppressed is not asked again."""
    # Ids say when they were made: the bound, a minute earlier, lets PostgreSQL pass by the months before.
    bound = UUID(int=((submission.pk.int >> 80) - 60_000) << 80)
    rows = Message.objects.filter(submission_id=submission.pk, id__gte=bound).order_by("id")
    return tuple(
        AcceptedMessage(id=message_id, address=rcpt, suppressed=False)
        for message_id, rcpt in rows.values_list("id", "rcpt")
    )
