"""The page of a domain: checks, rules for bulk mail, and its keys with their change and history."""

from html import unescape

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.audit import SYSTEM
from accounts.models import DkimKey, Role, SendingDomain, Tenant, User
from accounts.services.domains import add_domain
from accounts.services.tenants import add_member, create_tenant
from accounts.tenancy import tenant_scope

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def tenant(db: None, settings) -> Tenant:
    settings.RELAY_ZONE_SERVER = ""
    settings.RELAY_EGRESS = ["shared:127.30.0.1:mx1.relay.test"]
    # Nothing answers there: no step is taken before DNS shows the key.
    settings.RELAY_DNS = "127.0.0.1:1"
    return create_tenant(slug="acme", name="Acme", actor=SYSTEM)


@pytest.fixture
def domain(tenant: Tenant) -> SendingDomain:
    return add_domain(tenant_id=tenant.pk, name="news.acme.test", actor=SYSTEM)


def person(tenant: Tenant, role: Role = Role.DEVELOPER) -> Client:
    user = User.objects.create_user(f"{role}@people.test")
    add_member(tenant_id=tenant.pk, user=user, role=role, actor=SYSTEM)
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(user)
    return client


def shown(client: Client, domain: SendingDomain) -> str:
    answer = client.get(reverse("console:sending_domain", args=["acme", domain.pk]))
    return " ".join(answer.content.decode().split())


def post(client: Client, name: str, domain: SendingDomain) -> str:
    answer = client.post(reverse(f"console:{name}", args=["acme", domain.pk]), follow=True)
    return unescape(" ".join(answer.content.decode().split()))


def test_checks_say_what_was_found_what_to_do_and_what_dns_answered(
    tenant: Tenant, domain: SendingDomain
) -> None:
    client = person(tenant, Role.ANALYST)
    assert "first closer look has not been taken yet" in shown(client, domain)
    check = {"code": "dmarc", "state": "problem", "reason": "dmarc_several", "found": [HOSTILE], "values": {}}
    with tenant_scope(tenant.pk):
        SendingDomain.objects.update(checks=[check], looked_at=timezone.now())
    page = shown(client, domain)
    assert "There are several DMARC records" in page
    assert "Leave one of them and remove the others." in page
    assert HOSTILE not in page
    assert "&lt;script&gt;" in page
    assert "Not met" in page
    assert "Replace at once" not in page


def test_the_page_takes_few_queries(
    tenant: Tenant, domain: SendingDomain, django_assert_max_num_queries
) -> None:
    client = person(tenant)
    shown(client, domain)
    with django_assert_max_num_queries(20):
        shown(client, domain)


def test_drift_says_until_when_mail_still_leaves(tenant: Tenant, domain: SendingDomain) -> None:
    with tenant_scope(tenant.pk):
        record = {"purpose": "tracking", "name": "t.news.acme.test", "value": "x", "found": [], "ok": False}
        SendingDomain.objects.update(
            state="verified", records=[record], drifting_since=timezone.now(), verified_at=timezone.now()
        )
    page = shown(person(tenant), domain)
    assert "Records missing" in page
    assert "sending from this domain is paused." in page


def test_keys_are_changed_by_a_button_once(tenant: Tenant, domain: SendingDomain) -> None:
    client = person(tenant)
    assert "New keys are announced" in post(client, "domain_keys_change", domain)
    page = shown(client, domain)
    assert "once DNS shows it" in page
    assert "e2, r2 announced" in page
    assert f'/{domain.pk}/keys/"' not in page


def test_stolen_keys_are_replaced_by_a_button_that_says_what_it_means(
    tenant: Tenant, domain: SendingDomain
) -> None:
    client = person(tenant)
    assert "Mail that is under way with an old signature will fail its check" in shown(client, domain)
    assert "They sign as soon as DNS shows them" in post(client, "domain_keys_replace", domain)
    assert "To be replaced at once" in shown(client, domain)
    with tenant_scope(tenant.pk):
        assert DkimKey.objects.exclude(revoked_at=None).count() == 2


def test_of_another_organizations_domain_nothing_is_changed(tenant: Tenant, domain: SendingDomain) -> None:
    other = create_tenant(slug="globex", name="Globex", actor=SYSTEM)
    foreign = add_domain(tenant_id=other.pk, name="news.globex.test", actor=SYSTEM)
    client = person(tenant)
    for name in ("domain_keys_change", "domain_keys_replace"):
        assert client.post(reverse(f"console:{name}", args=["acme", foreign.pk])).status_code == 404
    with tenant_scope(other.pk):
        assert not DkimKey.objects.exclude(announced_at=None).exists()
