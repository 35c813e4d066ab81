"""Keeps what comes in, then acts on it: each mail is kept once and handled once, also after a crash."""

import logging
from uuid import UUID

from django.db import connection
from django.utils import timezone

from accounts.tenancy import tenant_scope
from campaigns.services.suppression import unsubscribe
from delivery.inbound.late_bounce import bounce_late
from delivery.models import InboundMail, QueueEntry
from delivery.selectors.addressee import find_addressee
from delivery.services.stop import suppress_queued
from relay_saas.mail.dsn import Action, parse_dsn
from relay_saas.mail.tokens import Purpose, Token

log = logging.getLogger(__name__)


def keep(*, tenant_id: UUID, token: Token, mail_from: str, raw: bytes) -> int:
    """Commits the mail as it came and returns its id."""
    with tenant_scope(tenant_id):
        row = InboundMail.objects.create(
            tenant_id=tenant_id,
            kind=_kind(token, raw),
            message_id=token.message,
            mail_from=mail_from,
            raw=raw,
        )
    return row.pk


def _kind(token: Token, raw: bytes) -> InboundMail.Kind:
    if token.purpose is Purpose.MAILTO:
        return InboundMail.Kind.UNSUBSCRIBE
    return InboundMail.Kind.OTHER if parse_dsn(raw) is None else InboundMail.Kind.DSN


def handle(*, tenant_id: UUID, inbound_id: int) -> None:
    """Does what the mail asks for, in one transaction with the mark that it is done."""
    with tenant_scope(tenant_id):
        waiting = InboundMail.objects.select_for_update().filter(handled_at=None)
        mail = waiting.filter(pk=inbound_id).first()
        if mail is None or _comes_too_early(mail):
            return
        if mail.kind == InboundMail.Kind.DSN:
            _read_report(mail)
        elif mail.kind == InboundMail.Kind.UNSUBSCRIBE:
            _unsubscribe(mail)
        mail.handled_at = timezone.now()
        mail.save(update_fields=["handled_at"])


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
    """A report may overtake the outcome that it speaks of; while a run holds the message, the sweep waits."""
    held = QueueEntry.objects.filter(message_id=mail.message_id).exclude(run_id=None)
    return mail.kind == InboundMail.Kind.DSN and held.exists()


def _read_report(mail: InboundMail) -> None:
    report = parse_dsn(bytes(mail.raw))
    # Reports of delay and of success change nothing: the attempt says all that.
    if report is not None and report.action is Action.FAILED:
        bounce_late(tenant_id=mail.tenant_id, message_id=mail.message_id, report=report)


def _unsubscribe(mail: InboundMail) -> None:
    person = find_addressee(tenant_id=mail.tenant_id, message_id=mail.message_id)
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
