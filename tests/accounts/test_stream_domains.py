"""A stream with a domain of its own: its mail takes it unasked, and no other stream's mail may."""

import pytest
from django.core.management import call_command

from accounts.audit import SYSTEM
from accounts.exceptions import DomainOfAnotherStream
from accounts.models import AuditEvent, SendingDomain, Tenant
from accounts.models.stream import Stream
from accounts.services.domains import add_domain, verified_domain_for
from accounts.services.stream_domains import set_stream_domain, with_stream_domain
from accounts.tenancy import tenant_scope
from relay_saas.web.errors import NotFound


@pytest.fixture
def news(tenant: Tenant) -> SendingDomain:
    return verified(tenant, "news.acme.test")


@pytest.fixture
def shop(tenant: Tenant) -> SendingDomain:
    return verified(tenant, "shop.acme.test")


def verified(tenant: Tenant, name: str) -> SendingDomain:
    domain = add_domain(tenant_id=tenant.pk, name=name, actor=SYSTEM)
    with tenant_scope(tenant.pk):
        SendingDomain.objects.filter(pk=domain.pk).update(state=SendingDomain.State.VERIFIED)
    return domain


def give(domain: SendingDomain, stream: Stream, domain_id: int | None) -> None:
    set_stream_domain(tenant_id=domain.tenant_id, stream=stream, domain_id=domain_id, actor=SYSTEM)


def sender(tenant: Tenant, stream: Stream, address: str = "hello") -> str:
    return with_stream_domain(tenant_id=tenant.pk, stream=stream, address=address)


def test_only_the_stream_itself_sends_from_its_own_domain(
    tenant: Tenant, news: SendingDomain, shop: SendingDomain
) -> None:
    give(news, Stream.MARKETING, news.pk)
    for stream in Stream:
        found = verified_domain_for(tenant_id=tenant.pk, address="a@shop.acme.test", stream=stream)
        assert found.pk == shop.pk
    of_news = {"tenant_id": tenant.pk, "address": "a@news.acme.test"}
    assert verified_domain_for(**of_news, stream=Stream.MARKETING).pk == news.pk
    for stream in (Stream.TRANSACTIONAL, Stream.SYSTEM):
        with pytest.raises(DomainOfAnotherStream):
            verified_domain_for(**of_news, stream=stream)


def test_a_sender_without_a_domain_gets_the_streams_own(tenant: Tenant, news: SendingDomain) -> None:
    assert sender(tenant, Stream.MARKETING) == "hello"
    give(news, Stream.MARKETING, news.pk)
    assert sender(tenant, Stream.MARKETING) == "hello@news.acme.test"
    assert sender(tenant, Stream.TRANSACTIONAL) == "hello"
    assert sender(tenant, Stream.MARKETING, "a@shop.acme.test") == "a@shop.acme.test"
    assert sender(tenant, Stream.MARKETING, "") == ""


def test_a_stream_changes_its_domain_and_gives_it_up(
    tenant: Tenant, news: SendingDomain, shop: SendingDomain
) -> None:
    give(news, Stream.MARKETING, news.pk)
    give(news, Stream.MARKETING, shop.pk)
    assert sender(tenant, Stream.MARKETING) == "hello@shop.acme.test"
    give(news, Stream.MARKETING, shop.pk)
    give(news, Stream.MARKETING, None)
    assert sender(tenant, Stream.MARKETING) == "hello"
    with tenant_scope(tenant.pk):
        kept = AuditEvent.objects.filter(verb="assigned").order_by("id")
        changes = [(event.object_id, event.changes["stream"]) for event in kept]
    n, s = str(news.pk), str(shop.pk)
    assert changes == [(n, [None, 2]), (n, [2, None]), (s, [None, 2]), (s, [2, None])]


def test_a_domain_belongs_to_one_stream_and_to_its_own_organization(
    tenant: Tenant, other_tenant: Tenant, news: SendingDomain
) -> None:
    foreign = verified(other_tenant, "news.globex.test")
    give(news, Stream.MARKETING, news.pk)
    with pytest.raises(DomainOfAnotherStream):
        give(news, Stream.TRANSACTIONAL, news.pk)
    with pytest.raises(NotFound):
        give(news, Stream.TRANSACTIONAL, foreign.pk)
    assert sender(tenant, Stream.MARKETING) == "hello@news.acme.test"
    assert sender(other_tenant, Stream.MARKETING) == "hello"


def test_the_migrations_say_what_the_models_say(db: None) -> None:
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)
