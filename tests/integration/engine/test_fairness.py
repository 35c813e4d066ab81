"""Shares of one provider's rate: a big tenant beside small ones, and mail that a person waits for."""

import secrets
from collections.abc import Iterator
from dataclasses import replace

import pytest

from accounts.audit import SYSTEM
from accounts.models import Tenant
from accounts.services.tenants import create_tenant
from delivery.engine.config import EngineConfig
from delivery.engine.process import run_once
from delivery.models import EgressPool, EgressSource, Scope
from delivery.services import egress
from delivery.services.expand import write_messages
from delivery.services.shaping import set_override
from tests.delivery.builders import make_campaign, make_contacts, make_domain, make_list
from tests.integration.engine.world import World

SMALL = 12
SECONDS = 8


@pytest.fixture
def slow_pool(config: EngineConfig) -> Iterator[EgressPool]:
    """One address that sends ten messages a second to any provider."""
    pool = EgressPool.objects.create(name=f"fair{secrets.token_hex(4)}")
    source = EgressSource.objects.create(
        pool=pool, address="127.30.9.1", helo="mx.relay.test", host=config.host
    )
    set_override(scope=Scope(source_id=source.pk), setting="messages_per_minute", value="600", set_by="test")
    yield pool
    # Else the runs of later tests would go on with it.
    EgressSource.objects.filter(pk=source.pk).update(host="elsewhere")


def tenant_with(pool: EgressPool, people: int) -> str:
    """A new organization with a launched campaign to so many people; returns its sending domain."""
    tenant: Tenant = create_tenant(slug=f"t{secrets.token_hex(6)}", name="Acme", actor=SYSTEM)
    egress.assign_pool(pool=pool, tenant_id=tenant.pk)
    domain = make_domain(tenant.pk, f"news.{tenant.slug}.test")
    mailing_list = make_list(tenant.pk, "News")
    make_contacts(tenant.pk, mailing_list, [f"p{number}@soylent.test" for number in range(people)])
    campaign_id = make_campaign(tenant.pk, mailing_list, domain)
    write_messages(tenant_id=tenant.pk, campaign_id=campaign_id)
    return domain.name


def test_a_big_tenant_leaves_each_small_one_its_turn_at_a_slow_provider(
    config: EngineConfig, world: World, slow_pool: EgressPool
) -> None:
    big = tenant_with(slow_pool, 3000)
    small = [tenant_with(slow_pool, 3) for _ in range(SMALL)]
    run_once(replace(config, claim_seconds=SECONDS), lambda: False)
    got = {name: len(world.recipients(name)) for name in (big, *small)}
    assert min(got[name] for name in small) >= 1
    assert got[big] >= 3
    times = sorted(line["time"] for line in world.received() if line["mail_from"].partition("@rp.")[2] in got)
    assert len(times) >= 20
    # Ten a second, over any three seconds.
    assert max(sum(start <= time < start + 3 for time in times) for start in times) <= 3 * 10 + 11
