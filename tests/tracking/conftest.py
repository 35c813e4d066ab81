"""An organization with one launched campaign, whose sums the tests write."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from accounts.audit import SYSTEM
from accounts.models import SendingDomain, Tenant
from accounts.services.tenants import create_tenant
from accounts.tenancy import tenant_scope
from campaigns.models import Campaign, ContactList, Content
from delivery.models import AttemptState, Counter, Provider, Rollup

LAUNCHED = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


@pytest.fixture
def tenant(db: None) -> Iterator[Tenant]:
    """Acme, whose scope is open during the test."""
    made = create_tenant(slug="acme", name="Acme", actor=SYSTEM)
    with tenant_scope(made.pk):
        yield made


@pytest.fixture
def campaign(tenant: Tenant) -> Campaign:
    """Launched to 100 people."""
    mailing_list = ContactList.objects.create(tenant_id=tenant.pk, name="News")
    domain = SendingDomain.objects.create(tenant_id=tenant.pk, name="news.acme.test", label="abc")
    content = Content.objects.create(
        tenant_id=tenant.pk, from_address="n@news.acme.test", subject="News", sending_domain=domain
    )
    return Campaign.objects.create(
        tenant_id=tenant.pk,
        name="Autumn",
        mailing_list=mailing_list,
        from_address="n@news.acme.test",
        subject="News",
        html_source="",
        state=Campaign.State.SENDING,
        content=content,
        launched_at=LAUNCHED,
        audience=100,
    )


@pytest.fixture
def count(tenant: Tenant, campaign: Campaign) -> Callable[..., None]:
    """`count(state, n, shard)` adds to the campaign's sums."""

    def add(state: AttemptState, n: int, shard: int = 0) -> None:
        Counter.objects.create(tenant_id=tenant.pk, campaign_id=campaign.pk, state=state, shard=shard, n=n)

    return add


@pytest.fixture
def minute(tenant: Tenant, campaign: Campaign) -> Callable[..., None]:
    """`minute(provider, at, state, n)` adds a rollup row."""

    def add(provider: str, at: int, state: AttemptState, n: int) -> None:
        number = sum(provider.encode()) % 30_000
        Provider.objects.get_or_create(id=number, defaults={"name": provider})
        Rollup.objects.create(
            tenant_id=tenant.pk,
            campaign_id=campaign.pk,
            minute=LAUNCHED.replace(minute=at),
            provider_id=number,
            state=state,
            shard=0,
            n=n,
        )

    return add
