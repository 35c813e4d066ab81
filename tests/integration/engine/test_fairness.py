"""Shares of one provider's rate: a big tenant beside small ones, and mail that a person waits for."""

import secrets
import time
from collections import Counter as Count
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
#: Alone the big tenant would need five minutes; who is fair serves everybody long before.
BIG, SECONDS = 3000, 30
#: More than the rate lets pass in the window of the last assertion.
ENOUGH = 60


@pytest.fixture
def slow_pool(config: EngineConfig) -> Iterator[EgressPool]:
    """One address that sends ten messages a second to any provider."""
    pool = EgressPool.objects.create(name=f"fair{secrets.token_hex(4)}")
    source = EgressSource.objects.create(
        pool=pool, address="127.30.9.1", helo="mx.sources.test", host=config.host
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
    big = tenant_with(slow_pool, BIG)
    small = [tenant_with(slow_pool, 3) for _ in range(SMALL)]

    names = {big, *small}

    def taken() -> Count[str]:
        domains = (line["mail_from"].partition("@rp.")[2] for line in world.received())
        return Count(name for name in domains if name in names)

    def enough() -> bool:
        got = taken()
        return got.total() >= ENOUGH and all(got[name] for name in small)

    began = time.time()
    run_once(replace(config, claim_seconds=SECONDS), enough)
    got = taken()
    assert min(got[name] for name in small) >= 1
    assert got[big] >= 3
    times = [line["time"] for line in world.received() if line["mail_from"].partition("@rp.")[2] in names]
    assert len(times) >= ENOUGH
    # Ten a second, and a second's worth at once.
    assert len(times) <= 10 * (max(times) - began) + 11
    # What was allowed earlier may come later where the machine is busy.
    assert max(sum(start <= at < start + 3 for at in times) for start in times) <= 3 * 10 + 2 * 11
