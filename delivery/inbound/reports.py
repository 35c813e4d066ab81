"""Receivers' reports about domains (DMARC): kept for the organization whose domain they name, no others."""

import logging
from uuid import UUID

from django.utils import timezone

from accounts.tenancy import SYSTEM_TENANT_ID, tenant_scope
from delivery.inbound.address import tenant_of_host
from delivery.models import InboundMail
from relay_saas.mail.dmarc_reports.errors import BadReport
from relay_saas.mail.dmarc_reports.reading import read_mail

log = logging.getLogger(__name__)


def receive_report(*, mail_from: str, rcpt: str, raw: bytes) -> tuple[UUID, int]:
    """Commits the report; returns whose it is and its number."""
    tenant_id = _owner(raw)
    now = timezone.now()
    done = {"raw": b"", "handled_at": now, "told_at": now} if tenant_id is None else {"raw": raw}
    owner = SYSTEM_TENANT_ID if tenant_id is None else tenant_id
    with tenant_scope(owner):
        row = InboundMail.objects.create(
            tenant_id=owner, kind=InboundMail.Kind.DMARC, rcpt=rcpt, mail_from=mail_from, **done
        )
    return owner, row.pk


def _owner(raw: bytes) -> UUID | None:
    try:
        domain = read_mail(raw).domain
    except BadReport as error:
        log.info("mail to dmarc@ is no report: %s", error.code)
        return None
    return tenant_of_host(domain)
