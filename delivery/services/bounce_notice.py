"""Tells a mailbox's owner what became of their mail: RFC 3464 reports to the credential's own address.

Nobody else is ever told: neither From nor the envelope's sender, which anybody could have written. A report
is mail of the system, leaves from `<>`, and asks for none itself.
"""

import logging
from collections.abc import Sequence
from datetime import timedelta
from email.utils import parseaddr
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import SmtpCredential, Tenant
from accounts.models.tenant import new_id
from accounts.services.smtp_draft import may_be_told
from accounts.tenancy import SYSTEM_TENANT_ID, tenant_scope
from campaigns.models import Content
from delivery.models import NoticeRequest, QueueEntry, RawMail, Submission
from delivery.models.stream import Stream
from delivery.selectors.attempts import attempts_of
from delivery.services.notice_text import Fate, delay, last_word, words_for
from delivery.services.raw_spec import RawOptions
from delivery.services.raw_submission import submit_raw
from relay_saas.mail.delivery_report import DeliveryReport, build_report, decode_xtext
from relay_saas.web.errors import RelayError

LOG = logging.getLogger(__name__)

#: Reports to one credential's address in an hour; what comes beyond stands on the message page alone.
MOST_AN_HOUR: Final = 100
#: Requests at one look.
_BATCH: Final = 500
#: A larger message comes back by its header only.
_MOST_RETURNED: Final = 256 * 1024


def tell_due() -> int:
    """Reports what is over, and what is late; returns the number of reports."""
    with connection.cursor() as cursor:
        cursor.execute("select tenant_id, submission_id from notices_due(%s)", [_BATCH])
        due = cursor.fetchall()
    return sum(_tell(tenant_id, submission_id) for tenant_id, submission_id in due)


def ask_again(*, tenant_id: UUID, message_id: UUID) -> None:
    """A delivery turned out to be none: its request is open again. In the transaction that writes it."""
    NoticeRequest.objects.filter(tenant_id=tenant_id, message_id=message_id).update(closed_at=None)


def _tell(tenant_id: UUID, submission_id: UUID) -> bool:
    """One report about all recipients of a submission that are due, written with the mark that it was."""
    with transaction.atomic():
        with tenant_scope(tenant_id):
            report = _report(tenant_id, submission_id)
        if report is None:
            return False
        return _send(report)


def _report(tenant_id: UUID, submission_id: UUID) -> DeliveryReport | None:
    """The report, its requests marked; None where nobody is to be told."""
    rows = NoticeRequest.objects.select_for_update(skip_locked=True)
    requests = list(rows.filter(submission_id=submission_id, closed_at=None).order_by("message_id"))
    found = {request.message_id: fate for request in requests if (fate := _fate(request)) is not None}
    to = _reader(requests[0].credential_id) if found else ""
    if not to:
        return None
    NoticeRequest.objects.filter(message_id__in=found).update(told_at=timezone.now())
    return _written(tenant_id, submission_id, to, list(found.values()))


def _fate(request: NoticeRequest) -> Fate | None:
    """What to say of one message; its request is closed, or its delay is said once."""
    attempts = attempts_of(tenant_id=request.tenant_id, message_id=request.message_id)
    entry = QueueEntry.objects.filter(message_id=request.message_id).first()
    now, fate = timezone.now(), None
    rows = NoticeRequest.objects.filter(message_id=request.message_id)
    if entry is not None:
        if request.delay_at is not None and request.delay_at < now:
            rows.update(delay_at=None)
            fate = delay(request, attempts, entry.expires_at) if attempts else None
    elif attempts:
        rows.update(closed_at=now, delay_at=None)
        fate = last_word(request, attempts)
    return fate


def _reader(credential_id: int) -> str:
    """The credential's own address; "" where it has none, may not be written to, or was written to enough."""
    credential = SmtpCredential.objects.filter(pk=credential_id).exclude(bounce_notice="").first()
    if credential is None or not may_be_told(credential.bounce_notice):
        return ""
    lately = timezone.now() - timedelta(hours=1)
    told = NoticeRequest.objects.filter(credential_id=credential_id, told_at__gt=lately)
    reports = told.values("submission_id", "told_at").distinct().count()
    if reports >= MOST_AN_HOUR:
        LOG.warning("credential %s has had its reports of this hour", credential_id)
        return ""
    return credential.bounce_notice


def _written(tenant_id: UUID, submission_id: UUID, to: str, fates: Sequence[Fate]) -> DeliveryReport:
    submission = Submission.objects.get(pk=submission_id)
    raw = RawMail.objects.get(content_id=submission.content_id)
    subject = Content.objects.values_list("subject", flat=True).get(pk=submission.content_id)
    title, text = words_for(tenant=Tenant.objects.get(pk=tenant_id), subject=subject, fates=fates)
    sender = f"mailer-daemon@{parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition('@')[2]}"
    head, body = bytes(raw.head), bytes(raw.body)
    full = submission.dsn.get("ret", "").upper() == "FULL" and len(body) <= _MOST_RETURNED
    return DeliveryReport(
        sender_name="Mail Delivery System",
        sender=sender,
        to=to,
        subject=title,
        text=text,
        reporting_mta=settings.RELAY_SUBMISSION_HOST,
        arrived_at=submission.created_at,
        at=timezone.now(),
        message_id=f"{new_id().hex}@{sender.partition('@')[2]}",
        recipients=[fate.recipient for fate in fates],
        envelope_id=decode_xtext(submission.dsn.get("envid", "")),
        head=head,
        body=body if full else None,
    )


def _send(report: DeliveryReport) -> bool:
    options = RawOptions(stream=Stream.SYSTEM, channel="system", may_choose_stream=False)
    try:
        with transaction.atomic():
            submit_raw(
                tenant_id=SYSTEM_TENANT_ID,
                raw=build_report(report),
                envelope_from="",
                recipients=[report.to],
                options=options,
            )
    except RelayError:
        # The message page tells the same; trying for ever would not mend it.
        LOG.exception("a report could not be written")
        return False
    return True
