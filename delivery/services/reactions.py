"""What people did by mail, for reports: each reaction is handed over once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.utils import timezone

from accounts.tenancy import tenant_scope
from delivery.models import InboundMail


@dataclass(frozen=True, slots=True, kw_only=True)
class MailReaction:
    """A complaint or an opt-out; `kind` is the value of InboundMail.Kind."""

    message_id: UUID
    kind: str
    at: datetime


def take_untold(*, tenant_id: UUID, inbound_ids: Sequence[int]) -> list[MailReaction]:
    """Those of these mails that were acted on and not handed over yet; marked in the caller's transaction."""
    kinds = [InboundMail.Kind.COMPLAINT, InboundMail.Kind.UNSUBSCRIBE]
    with tenant_scope(tenant_id):
        rows = list(
            InboundMail.objects.select_for_update()
            .filter(pk__in=inbound_ids, told_at=None, kind__in=kinds)
            .exclude(handled_at=None)
            .defer("raw")
            .order_by("pk")
        )
        InboundMail.objects.filter(pk__in=[row.pk for row in rows]).update(told_at=timezone.now())
    return [
        MailReaction(message_id=row.message_id, kind=row.kind, at=row.received_at)
        for row in rows
        if row.message_id is not None
    ]


def untold() -> list[tuple[UUID, int]]:
    """Tenant and number of mails whose event was lost."""
    with connection.cursor() as cursor:
        cursor.execute("select tenant_id, inbound_id from inbound_to_tell()")
        return list(cursor.fetchall())
