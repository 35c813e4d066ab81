"""The page of sending domains: their states, streams, and the choice of a stream's own domain."""

from html import unescape

import pytest
from django.test import Client
from django.urls import reverse

from accounts.audit import SYSTEM
from accounts.models import Role, SendingDomain, Tenant, User
from accounts.services.tenants import add_member, create_tenant
from accounts.tenancy import tenant_scope
from tests.delivery.builders import make_domain


@pytest.fixture
def tenant(db: None, settings) -> Tenant:
    settings.RELAY_EGRESS = ["shared:127.30.0.1:mx1.relay.test"]
    return create_tenant(slug="acme", name="Acme", actor=SYSTEM)


def person(tenant: Tenant, role: Role) -> Client:
    user = User.objects.create_user(f"{role}@people.test")
    add_member(tenant_id=tenant.pk, user=user, role=role, actor=SYSTEM)
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(user)
    return client


def page(client: Client) -> str:
    return unescape(client.get(reverse("console:sending_domains", args=["acme"])).content.decode())


def choose(client: Client, **data: object) -> str:
    answer = client.post(reverse("console:stream_domain", args=["acme"]), data, follow=True)
    return unescape(answer.content.decode())


def stream_of(domain: SendingDomain) -> int | None:
    with tenant_scope(domain.tenant_id):
        return SendingDomain.objects.get(pk=domain.pk).stream


def test_it_shows_the_domains_the_streams_and_their_pool(tenant: Tenant) -> None:
    make_domain(tenant.pk)
    shown = page(person(tenant, Role.ANALYST))
    for text in ("news.acme.test", "Verified", "Transactional", "shared"):
        assert text in shown
    assert "<select" not in shown


def test_a_stream_is_given_a_domain_and_loses_it(tenant: Tenant) -> None:
    domain = make_domain(tenant.pk)
    client = person(tenant, Role.DEVELOPER)
    assert "Saved." in choose(client, stream=2, domain=domain.pk)
    assert stream_of(domain) == 2
    assert f'<option value="{domain.pk}" selected>' in page(client)
    refused = choose(client, stream=1, domain=domain.pk)
    assert "(domain_of_another_stream)" in refused
    assert stream_of(domain) == 2
    choose(client, stream=2, domain="")
    assert stream_of(domain) is None


def test_neither_a_foreign_domain_nor_the_installations_stream_can_be_chosen(tenant: Tenant) -> None:
    other = create_tenant(slug="globex", name="Globex", actor=SYSTEM)
    foreign, own = make_domain(other.pk, "news.globex.test"), make_domain(tenant.pk)
    client = person(tenant, Role.OWNER)
    for data in (
        {"stream": 2, "domain": foreign.pk},
        {"stream": 0, "domain": own.pk},
        {"stream": 2, "domain": "x"},
    ):
        assert "Choose a stream" in choose(client, **data)
    assert (stream_of(foreign), stream_of(own)) == (None, None)


def test_without_a_domain_it_says_so(tenant: Tenant) -> None:
    assert "No sending domain yet" in page(person(tenant, Role.OWNER))
