"""Keeps what comes in, then acts on it: each mail is kept once and handled once, also after a crash."""

import logging
from typing import Final
from uuid import UUID

from django.db import connection
from django.utils import timezone

from accounts.tenancy import tenant_scope
from campaigns.services.suppression import complain, unsubscribe
from delivery.events import announce_mail, announce_reports
from delivery.inbound.address import Destination, first_token, tenant_of
from delivery.inbound.late_bounce import bounce_late
from delivery.inbound.reports import receive_report
from delivery.models import InboundMail, Message, QueueEntry
from delivery.models.stream import Stream
from delivery.selectors.addressee import find_addressee
from delivery.services.doubt import RESOLVE_SQL, resolve_parameters
from delivery.services.stop import suppress_queued
from relay_saas.mail.dsn import Action
from relay_saas.mail.returned import Nature, Returned, read_returned
from relay_saas.mail.tokens import Purpose, Token, TokenKeys

log = logging.getLogger(__name__)

#: What came to a return path.
_KINDS: Final = {
    Nature.REPORT: InboundMail.Kind.DSN,
    Nature.COMPLAINT: InboundMail.Kind.COMPLAINT,
    Nature.AUTO_REPLY: InboundMail.Kind.AUTO_REPLY,
    Nature.RECEIPT: InboundMail.Kind.REPLY,
    Nature.REPLY: InboundMail.Kind.REPLY,
    Nature.OTHER: InboundMail.Kind.OTHER,
}
#: They speak of an outcome that a queue run may not have written yet.
_OF_AN_OUTCOME: Final = (InboundMail.Kind.DSN, InboundMail.Kind.REPLY, InboundMail.Kind.AUTO_REPLY)


def receive(
    *, destination: Destination, keys: TokenKeys, mail_from: str, rcpt: str, raw: bytes
) -> tuple[UUID, int]:
    """Commits the mail as it came; returns whose it is and its number.

    A complaint belongs to the message whose token stands in it, wherever it was sent; without one it belongs
    to the address.
    """
    if destination.reports:
        return receive_report(mail_from=mail_from, rcpt=rcpt, raw=raw)
    found = read_returned(raw)
    tenant_id, token = destination.tenant_id, destination.token
    if found.complaint is not None:
        named = first_token(found.complaint.tokens, keys)
        owner = None if named is None else tenant_of(named)
        if named is not None and owner is not None:
            tenant_id, token = owner, named
    number = keep(tenant_id=tenant_id, token=token, mail_from=mail_from, raw=raw, rcpt=rcpt, found=found)
    return tenant_id, number


def keep(
    *,
    tenant_id: UUID,
    token: Token | None,
    mail_from: str,
    raw: bytes,
    rcpt: str = "",
    found: Returned | None = None,
) -> int:
    """Commits the mail as it came and returns its number; `found` is what was read in it already."""
    kind = _kind(token, found or read_returned(raw))
    with tenant_scope(tenant_id):
        row = InboundMail.objects.create(
            tenant_id=tenant_id,
            kind=kind,
            message_id=None if token is None else token.message,
            rcpt=rcpt,
            mail_from=mail_from,
            raw=raw,
        )
    return row.pk


def _kind(token: Token | None, found: Returned) -> InboundMail.Kind:
    if found.nature is Nature.COMPLAINT:
        return InboundMail.Kind.COMPLAINT
    if token is None:
        return InboundMail.Kind.ROLE
    if token.purpose is Purpose.MAILTO:
        # A server's report to this address asks for nothing.
        report = found.nature is Nature.REPORT
        return InboundMail.Kind.OTHER if report else InboundMail.Kind.UNSUBSCRIBE
    return _KINDS[found.nature]


def handle(*, tenant_id: UUID, inbound_id: int) -> None:
    """Does what the mail asks for, in one transaction with the mark that it is done."""
    with tenant_scope(tenant_id):
        waiting = InboundMail.objects.select_for_update().filter(handled_at=None)
        mail = waiting.filter(pk=inbound_id).first()
        if mail is None or _comes_too_early(mail):
            return
        if mail.message_id is not None:
            _act(mail, mail.message_id)
        elif mail.kind == InboundMail.Kind.DMARC:
            announce_reports(tenant_id=tenant_id, inbound_ids=[mail.pk])
        elif mail.kind == InboundMail.Kind.COMPLAINT:
            log.warning("complaint %s names no message of ours", mail.pk)
        mail.handled_at = timezone.now()
        mail.save(update_fields=["handled_at"])


def _act(mail: InboundMail, message_id: UUID) -> None:
    match mail.kind:
        case InboundMail.Kind.DSN:
            _read_report(mail, message_id)
        case InboundMail.Kind.COMPLAINT:
            _complain(mail, message_id)
        case InboundMail.Kind.UNSUBSCRIBE:
            _unsubscribe(mail, message_id)
        case InboundMail.Kind.REPLY:
            _arrived(mail, message_id, "replied")
        case InboundMail.Kind.AUTO_REPLY:
            _arrived(mail, message_id, "answered")


def handle_waiting() -> int:
    """Handles mail that was kept a minute ago and more but not handled; returns how many were tried."""
    with connection.cursor() as cursor:
        cursor.execute("select tenant_id, inbound_id from inbound_to_handle()")
        waiting = cursor.fetchall()
    for tenant_id, inbound_id in waiting:
        try:
            handle(tenant_id=tenant_id, inbound_id=inbound_id)
        except Exception:  # one that cannot be handled must not keep the others waiting
            log.exception("inbound mail %s could not be handled", inbound_id)
    return len(waiting)


def _comes_too_early(mail: InboundMail) -> bool:
    """It may overtake the outcome that it speaks of; while a run holds the message, the sweep waits."""
    if mail.message_id is None or mail.kind not in _OF_AN_OUTCOME:
        return False
    return QueueEntry.objects.filter(message_id=mail.message_id).exclude(run_id=None).exists()


def _read_report(mail: InboundMail, message_id: UUID) -> None:
    report = read_returned(bytes(mail.raw)).report
    # Reports of delay change nothing: the attempt says all that.
    if report is not None and report.action is Action.FAILED:
        bounce_late(tenant_id=mail.tenant_id, message_id=message_id, report=report)
    elif report is not None and report.action is not Action.DELAYED:
        _arrived(mail, message_id, "reported")


def _arrived(mail: InboundMail, message_id: UUID, proof: str) -> None:
    """Who answers has the message: a doubt about it is over."""
    with connection.cursor() as cursor:
        cursor.execute(RESOLVE_SQL, resolve_parameters(mail.tenant_id, [(message_id, proof)]))


def _complain(mail: InboundMail, message_id: UUID) -> None:
    """Ends all marketing to the person; transactional mail goes on, and the operator hears of it."""
    complaint = read_returned(bytes(mail.raw)).complaint
    person = find_addressee(tenant_id=mail.tenant_id, message_id=message_id)
    if complaint is None or not complaint.unwanted or person is None:
        mail.told_at = timezone.now()
        mail.save(update_fields=["told_at"])
        return
    complain(
        tenant_id=mail.tenant_id,
        email_key=person.email_key,
        detail=f"{complaint.feedback_type} {complaint.user_agent}".strip(),
        message_id=message_id,
    )
    suppress_queued(tenant_id=mail.tenant_id, email_key=person.email_key)
    _arrived(mail, message_id, "complained")
    message = Message.objects.only("stream").filter(id=message_id).first()
    if message is not None and message.stream != Stream.MARKETING:
        log.warning("complaint about transactional mail: tenant %s, message %s", mail.tenant_id, message_id)
    announce_mail(tenant_id=mail.tenant_id, inbound_ids=[mail.pk])


def _unsubscribe(mail: InboundMail, message_id: UUID) -> None:
    person = find_addressee(tenant_id=mail.tenant_id, message_id=message_id)
    if person is None:
        log.warning("unsubscribe mail %s is about a message that nothing is known of", mail.pk)
        return
    unsubscribe(
        tenant_id=mail.tenant_id,
        email_key=person.email_key,
        contact_id=person.contact_id,
        mailing_list_id=person.mailing_list_id,
        source="mailto",
    )
    suppress_queued(
        tenant_id=mail.tenant_id, email_key=person.email_key, mailing_list_id=person.mailing_list_id
    )
    announce_mail(tenant_id=mail.tenant_id, inbound_ids=[mail.pk])
