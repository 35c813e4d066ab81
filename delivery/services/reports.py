"""Receivers' reports that came by mail: each is handed over once, and then emptied."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.utils import timezone

from accounts.tenancy import tenant_scope
from delivery.models import InboundMail


@dataclass(frozen=True, slots=True, kw_only=True)
class MailedReport:
    """A mail to dmarc@, as it came."""

    raw: bytes
    mail_from: str
    received_at: datetime


def take_reports(*, tenant_id: UUID, inbound_ids: Sequence[int]) -> list[MailedReport]:
    """Those of these mails that nobody has read yet; marked and emptied in the caller's transaction."""
    with tenant_scope(tenant_id):
        rows = list(
            InboundMail.objects.select_for_update()
            .filter(pk__in=inbound_ids, told_at=None, kind=InboundMail.Kind.DMARC)
            .order_by("pk")
        )
        taken = InboundMail.objects.filter(pk__in=[row.pk for row in rows])
        taken.update(told_at=timezone.now(), raw=b"")
    return [
        MailedReport(raw=bytes(row.raw), mail_from=row.mail_from, received_at=row.received_at) for row in rows
    ]


def unread_reports() -> list[tuple[UUID, int]]:
    """Tenant and number of reports whose event was lost."""
    with connection.cursor() as cursor:
        cursor.execute("select tenant_id, inbound_id from inbound_reports_to_read()")
        return list(cursor.fetchall())
