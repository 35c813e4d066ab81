"""The security report's page: for anybody, bounded, and never a way into our own network."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from accounts.audit import SYSTEM
from accounts.models import Role, User
from accounts.services.tenants import add_member, create_tenant
from relay_saas.console import domain_report
from relay_saas.console.domain_report_words import AREAS, KINDS, SAID, told
from relay_saas.mail.domain_report.report import DomainReport, Finding
from relay_saas.mail.posture.asks import Result, State
from tests.unit.mail.answers import Answers

ZONE: dict[str, Any] = {
    "acme.test MX": "mx1.acme.test",
    "mx1.acme.test A": "127.0.0.1",
    "acme.test TXT": ["v=spf1 +all", "<script>alert(1)</script>"],
    "_mta-sts.acme.test TXT": "v=STSv1; id=1",
    "mta-sts.acme.test A": "127.0.0.1",
}


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Iterator[Answers]:
    """DNS as a dictionary, and nobody has asked yet."""
    cache.clear()
    found = Answers(ZONE)
    monkeypatch.setattr(domain_report, "Resolver", lambda *_args, **_options: found)
    yield found
    cache.clear()


@pytest.fixture
def browser() -> Client:
    return Client(headers={"Accept-Language": "en"})


def test_anybody_gets_the_form_and_the_report(browser: Client, answers: Answers) -> None:
    assert browser.get("/tools/domain-report/").status_code == 200
    shown = browser.get("/tools/domain-report/", {"domain": " Taro@ACME.test. "})
    assert shown.status_code == 200
    assert shown["X-Robots-Tag"] == "noindex"
    page = shown.content.decode()
    for part in ("acme.test", "every server in the world", "_dmarc.acme.test", "v=DMARC1; p=none"):
        assert part in page
    assert "<script>alert(1)" not in page


def test_a_private_address_is_never_connected_to(
    browser: Client, answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: object, **_options: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr("relay_saas.net.reach.asyncio.open_connection", refuse)
    page = browser.get("/tools/domain-report/", {"domain": "acme.test"}).content.decode()
    assert "could not be fetched" in page


@pytest.mark.parametrize(
    "domain",
    ["", "localhost", "[127.0.0.1]", "127.0.0.1", "a b.test", "x" * 400, "<script>", ".."],
)
def test_what_is_no_domain_is_refused_and_asked_nothing(
    browser: Client, answers: Answers, domain: str
) -> None:
    assert browser.get("/tools/domain-report/", {"domain": domain}).status_code == 422
    assert not answers.asked


def test_a_name_that_is_not_in_dns_is_told_so(browser: Client, answers: Answers) -> None:
    page = browser.get("/tools/domain-report/", {"domain": "nothing.test"}).content.decode()
    assert "nothing.test is not in DNS" in page


def test_who_asks_too_often_waits(browser: Client, answers: Answers) -> None:
    asked = [
        browser.get("/tools/domain-report/", {"domain": "nothing.test"}).status_code
        for _ in range(domain_report.MOST_A_MINUTE + 1)
    ]
    assert asked == [200] * domain_report.MOST_A_MINUTE + [429]
    other = browser.get("/tools/domain-report/", {"domain": "nothing.test"}, REMOTE_ADDR="192.0.2.77")
    assert other.status_code == 200


def test_a_network_of_ipv6_counts_as_one() -> None:
    one, two = (domain_report._neighbourhood(f"2001:db8::{end}") for end in ("1", "ffff"))
    assert one == two != domain_report._neighbourhood("2001:db8:0:1::1")


def test_everything_that_a_check_says_has_words() -> None:
    reasons = [reason for reason in SAID if reason != "dns"]
    values = {"policy": "none", "lookups": 3, "zone": "acme.test", "domain": "acme.test"}
    for reason in reasons:
        result = Result(code="spf", state=State.PROBLEM, reason=reason, values=values)
        shown = told(DomainReport(domain="acme.test", exists=True, findings=(Finding(result=result),)))
        assert shown[0].text
        assert "%(" not in shown[0].text


@pytest.mark.parametrize("state", list(State))
def test_every_state_has_an_icon(state: State) -> None:
    assert KINDS[state]
    assert len(AREAS) == 9


@pytest.mark.django_db
def test_a_new_organizations_home_leads_to_the_report_of_its_owners_domain() -> None:
    tenant = create_tenant(slug="acme", name="Acme", actor=SYSTEM)
    user = User.objects.create_user("owner@acme.test")
    add_member(tenant_id=tenant.pk, user=user, role=Role.OWNER, actor=SYSTEM)
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(user)
    assert "/tools/domain-report/?domain=acme.test" in client.get("/o/acme/").content.decode()
