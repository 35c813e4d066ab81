"""A real run against real servers."""

from collections import Counter as Count
from collections.abc import Callable
from dataclasses import replace

from accounts.models import SendingDomain, Tenant
from accounts.tenancy import tenant_scope
from campaigns.models import Campaign
from delivery.engine.config import EngineConfig
from delivery.engine.process import run_once
from delivery.models import Attempt, AttemptState, Counter, QueueEntry, QueueRun, Rollup
from delivery.services.finish import finish_campaign
from tests.integration.engine.world import World

DOMAINS = ("gmail.test", "acme.test", "globex.test", "initech.test")


def people(n: int) -> list[str]:
    return [f"p{number}@{DOMAINS[number % len(DOMAINS)]}" for number in range(n)]


def test_a_run_delivers_two_hundred_messages_and_the_sums_agree(
    config: EngineConfig,
    world: World,
    tenant: Tenant,
    domain: SendingDomain,
    launch: Callable[..., int],
) -> None:
    addresses = people(200)
    campaign_id = launch(addresses)
    run_once(replace(config, idle_seconds=1), lambda: False)
    assert Count(world.recipients(domain.name)) == Count(addresses)
    with tenant_scope(tenant.pk):
        assert Count(Attempt.objects.values_list("state", flat=True)) == {AttemptState.DELIVERED: 200}
        assert sum(Counter.objects.values_list("n", flat=True)) == 200
        assert sum(Rollup.objects.values_list("n", flat=True)) == 200
        assert not QueueEntry.objects.exists()
        assert finish_campaign(tenant_id=tenant.pk, campaign_id=campaign_id)
        assert Campaign.objects.get(pk=campaign_id).state == Campaign.State.SENT
    assert not QueueRun.objects.filter(closed_at=None).exists()
    assert not list(config.journal_dir.iterdir())
