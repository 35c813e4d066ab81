"""What the pages of messages' ways and of reports show in the browser tests."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID
from xml.sax.saxutils import escape

from django.utils import timezone

from accounts.audit import SYSTEM
from accounts.models import SendingDomain, Tenant
from accounts.tenancy import tenant_scope
from relay_saas.mail.dmarc_reports.reading import read_report
from tests.browser.story import HOSTILE
from tests.unit.mail.dmarc_examples import record, xml
from tracking.services.dmarc_reports import store_report
from tracking.services.message_shares import share_message, share_token


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """The token of a shared message, and a domain that receivers report about."""

    message: str
    domain: int


def fill(tenant: Tenant, message_id: UUID) -> Ways:
    """Shares a message, and lets receivers report for two weeks."""
    share = share_message(tenant_id=tenant.pk, message_id=message_id, actor=SYSTEM)
    with tenant_scope(tenant.pk):
        domain = SendingDomain.objects.get(tenant_id=tenant.pk, state=SendingDomain.State.VERIFIED)
        today = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
        for back in range(1, 15):
            for org in ("google.com", "Yahoo", f"Outlook {HOSTILE}"[:60]):
                begin = int((today - timedelta(days=back)).timestamp())
                data = xml(
                    *_records(domain.name, back), org=escape(org), report_id=f"{org}{back}".replace("<", "."),
                    begin=begin, end=begin + 86_399, domain=domain.name,
                )  # fmt: skip
                store_report(tenant_id=tenant.pk, report=read_report(data), received_at=timezone.now())
    return Ways(message=share_token(share), domain=domain.pk)


def _records(name: str, back: int) -> list[str]:
    key = f"<dkim><domain>{name}</domain><selector>r1</selector><result>pass</result></dkim>"
    service = "<spf><domain>em.sendgrid.net</domain><result>pass</result></spf>"
    return [
        record("127.30.0.1", 900 + 37 * back, domain=name, results=key),
        record("203.0.113.25", 12, spf="fail", domain=name, results=key),
        record("198.51.100.7", 4, dkim="fail", spf="fail", domain=name, results=service),
        record("2001:db8:85a3:8d3:1319:8a2e:370:7348", 3, dkim="fail", spf="fail", domain=name),
    ]
