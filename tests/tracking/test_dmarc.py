"""DMARC reports from the mail to the advice: whose they are, once each, and what the page says."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.audit import SYSTEM
from accounts.models import Role, SendingDomain, Tenant, User
from accounts.services.api_keys import issue_key
from accounts.services.domains import remove_domain
from accounts.services.tenants import add_member, create_tenant
from accounts.tenancy import SYSTEM_TENANT_ID, tenant_scope
from delivery.inbound.address import find_destination, token_keys
from delivery.inbound.mail import handle, receive
from delivery.models import InboundMail
from relay_saas.mail.dmarc_reports.advice import Verdict
from relay_saas.mail.dmarc_reports.sources import Origin
from relay_saas.web.prefixed import public_id
from tests.unit.mail.dmarc_examples import MICROSOFT, gzipped, mail, record, xml
from tracking.models import DmarcDay, DmarcReport, DmarcSource
from tracking.selectors.dmarc import dmarc_view
from tracking.services.dmarc_reports import forget_old_reports, record_missed_reports, record_reports
from tracking.words.dmarc import tell, with_policy

RCPT = "dmarc@relay.test"
SENDGRID = "<spf><domain>em.sendgrid.net</domain><result>pass</result></spf>"


@pytest.fixture(autouse=True)
def _egress(settings: Any) -> None:
    settings.RELAY_EGRESS = ["shared:127.30.0.1:mx1.relay.test"]
    settings.RELAY_ZONE = "relay.test"


@pytest.fixture
def domain(tenant: Tenant) -> SendingDomain:
    return SendingDomain.objects.create(
        tenant_id=tenant.pk, name="news.acme.test", label="abc", state=SendingDomain.State.VERIFIED
    )


@pytest.fixture
def client(tenant: Tenant, domain: SendingDomain) -> Iterator[Client]:
    user = User.objects.create_user("owner@acme.test")
    add_member(tenant_id=tenant.pk, user=user, role=Role.OWNER, actor=SYSTEM)
    browser = Client(headers={"Accept-Language": "en"})
    browser.force_login(user)
    return browser


def arrives(raw: bytes) -> tuple[Any, int]:
    destination = find_destination(RCPT, token_keys())
    assert destination is not None
    owner, number = receive(
        destination=destination, keys=token_keys(), mail_from="x@google.com", rcpt=RCPT, raw=raw
    )
    handle(tenant_id=owner, inbound_id=number)
    return owner, number


def reported(tenant: Tenant, data: bytes) -> int:
    """Takes, handles and reads a report as the processes do, each in its own scope."""
    owner, number = arrives(mail(gzipped(data)))
    assert owner == tenant.pk
    return record_reports(tenant_id=tenant.pk, inbound_ids=[number])


def days(n: int, records: tuple[str, ...]) -> list[bytes]:
    """A report of each of the last n days, from two receivers."""
    today = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    begins = [int((today - timedelta(days=back)).timestamp()) for back in range(1, n + 1)]
    return [
        xml(*records, org=org, report_id=f"{org}{begin}", begin=begin, end=begin + 86399)
        for begin in begins
        for org in ("google.com", "yahoo")
    ]


def test_a_report_is_read_summed_up_and_emptied(tenant: Tenant, domain: SendingDomain) -> None:
    data = xml(record(count=90), record("192.0.2.9", 10, dkim="fail", spf="fail", disposition="quarantine"))
    assert reported(tenant, data) == 1
    report = DmarcReport.objects.get()
    assert (report.org_name, report.messages, report.domain_id) == ("google.com", 100, domain.pk)
    sums = {row.origin: (row.messages, row.aligned, row.quarantined) for row in DmarcDay.objects.all()}
    assert sums == {"ours": (90, 90, 0), "unknown": (10, 0, 10)}
    assert bytes(InboundMail.objects.get(kind="dmarc").raw) == b""


def test_the_same_report_again_changes_nothing(tenant: Tenant, domain: SendingDomain) -> None:
    assert reported(tenant, xml()) == 1
    assert reported(tenant, xml()) == 0
    assert reported(tenant, xml(org="GOOGLE.COM")) == 0
    assert DmarcDay.objects.get().messages == 10


def test_reports_of_two_receivers_add_up(tenant: Tenant, domain: SendingDomain) -> None:
    reported(tenant, xml())
    reported(tenant, xml(org="yahoo"))
    reported(tenant, MICROSOFT.encode())
    assert DmarcSource.objects.get().n == 27
    assert DmarcDay.objects.get().aligned == 27


@pytest.mark.django_db
@pytest.mark.parametrize(
    "raw", [mail(gzipped(xml(domain="stranger.test"))), b"Subject: hi\r\n\r\nA person.\r\n"]
)
def test_reports_of_strangers_leave_a_note_alone(raw: bytes) -> None:
    owner, number = arrives(raw)
    assert owner == SYSTEM_TENANT_ID
    with tenant_scope(owner):
        row = InboundMail.objects.get(pk=number)
    assert (row.kind, bytes(row.raw), row.handled_at is not None) == ("dmarc", b"", True)


@pytest.mark.django_db
def test_a_report_belongs_to_the_organization_that_has_verified_the_name() -> None:
    acme = create_tenant(slug="acme", name="Acme", actor=SYSTEM)
    globex = create_tenant(slug="globex", name="Globex", actor=SYSTEM)
    for tenant, state in ((acme, SendingDomain.State.PENDING), (globex, SendingDomain.State.VERIFIED)):
        with tenant_scope(tenant.pk):
            SendingDomain.objects.create(
                tenant_id=tenant.pk, name="news.acme.test", label=tenant.slug, state=state
            )
    assert arrives(mail(gzipped(xml())))[0] == globex.pk


@pytest.mark.django_db
def test_a_report_whose_event_was_lost_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    acme = create_tenant(slug="acme", name="Acme", actor=SYSTEM)
    with tenant_scope(acme.pk):
        SendingDomain.objects.create(
            tenant_id=acme.pk, name="news.acme.test", label="a", state=SendingDomain.State.VERIFIED
        )
    owner, number = arrives(mail(gzipped(xml())))
    with tenant_scope(owner):
        past = timezone.now() - timedelta(minutes=5)
        InboundMail.objects.filter(pk=number).update(received_at=past)
    assert record_missed_reports() == 1
    assert record_missed_reports() == 0


def test_old_figures_go_and_sums_stay(tenant: Tenant, domain: SendingDomain) -> None:
    reported(tenant, xml())
    old = timezone.now() - timedelta(days=100)
    DmarcSource.objects.update(day=old.date())
    DmarcDay.objects.update(day=old.date())
    DmarcReport.objects.update(begin=old)
    assert forget_old_reports() == 1
    assert (DmarcSource.objects.count(), DmarcReport.objects.count(), DmarcDay.objects.count()) == (0, 0, 1)


def test_the_view_says_by_whom_and_what_to_do(tenant: Tenant, domain: SendingDomain) -> None:
    records = (record(count=50), record("192.0.2.9", 1, dkim="fail", spf="fail"))
    for data in days(8, records=records):
        reported(tenant, data)
    view = dmarc_view(tenant_id=tenant.pk, domain=domain)
    assert (view.reports, list(view.reporters), len(view.lines)) == (16, ["google.com", "yahoo"], 8)
    assert view.figures[Origin.OURS].messages == 800
    assert [line.origin for line in view.sources] == [Origin.OURS, Origin.UNKNOWN]
    assert view.advice.verdict == Verdict.TO_QUARANTINE
    told = tell(view.advice, "v=DMARC1; p=none; rua=mailto:dmarc@relay.test")
    assert told.record == "v=DMARC1; p=quarantine; rua=mailto:dmarc@relay.test"


def test_a_service_that_fails_holds_the_advice_back(tenant: Tenant, domain: SendingDomain) -> None:
    failing = record("198.51.100.7", 20, dkim="fail", spf="fail", results=SENDGRID)
    for data in days(8, records=(record(count=50), failing)):
        reported(tenant, data)
    view = dmarc_view(tenant_id=tenant.pk, domain=domain)
    assert view.advice.verdict == Verdict.FIX_KNOWN
    assert [line.name for line in view.sources] == ["", "SendGrid"]


def test_a_policy_changes_alone_in_its_record() -> None:
    assert with_policy("v=DMARC1;p=none; sp=none;rua=mailto:a@b.test", "reject") == (
        "v=DMARC1; p=reject; sp=none; rua=mailto:a@b.test"
    )


def test_the_page_shows_figures_and_escapes_what_strangers_wrote(tenant: Tenant, client: Client) -> None:
    domain = SendingDomain.objects.get()
    empty = client.get(f"/o/acme/domains/{domain.pk}/dmarc/").content.decode()
    assert "No report has come yet" in empty
    for data in days(8, records=(record(count=50),)):
        reported(tenant, data)
    now = int(timezone.now().timestamp())
    reported(tenant, xml(org="&lt;script&gt;evil", report_id="e", begin=now - 90_000, end=now - 3600))
    shown = client.get(f"/o/acme/domains/{domain.pk}/dmarc/?days=30").content.decode()
    for part in ("Safe to move to p=quarantine", "127.30.0.1", "This relay", "&lt;script&gt;evil"):
        assert part in shown
    assert "<script>evil" not in shown


def test_the_api_tells_the_same(tenant: Tenant, domain: SendingDomain) -> None:
    reported(tenant, xml(record(count=90), record("192.0.2.9", 10, dkim="fail", spf="fail")))
    DmarcDay.objects.update(day=timezone.now().date())
    DmarcSource.objects.update(day=timezone.now().date())
    _, secret = issue_key(tenant_id=tenant.pk, name="k", scopes=["domains.read"], actor=SYSTEM)
    headers = {"Authorization": f"Bearer {secret}", "Accept-Language": "ja"}
    told = Client().get(f"/api/v1/domains/{public_id('dom', domain.pk)}/dmarc?days=7", headers=headers).json()
    assert told["totals"]["unknown"] == {"messages": 10, "aligned": 0}
    assert [one["address"] for one in told["by_source"]] == ["127.30.0.1", "192.0.2.9"]
    assert told["advice"]["verdict"] == "too_early"
    assert "まだ" in told["advice"]["title"]


def test_a_domain_with_reports_can_be_removed(tenant: Tenant, domain: SendingDomain) -> None:
    reported(tenant, xml())
    remove_domain(tenant_id=tenant.pk, domain_id=domain.pk, actor=SYSTEM)
    assert DmarcReport.objects.count() == 0
