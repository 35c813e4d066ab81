"""A real run leaves the mail of a paused domain alone, sends what stands beside it, and later all of it."""

from dataclasses import replace

from accounts.models import SendingDomain, Tenant
from accounts.tenancy import tenant_scope
from delivery.engine.config import EngineConfig
from delivery.engine.process import run_once
from delivery.models import QueueEntry
from delivery.services.domain_gates import keep_domain_gates
from delivery.services.submission_spec import Mailbox
from tests.delivery.builders import make_domain
from tests.delivery.story import accepted
from tests.integration.engine.world import World


def test_what_was_accepted_before_a_pause_waits_and_goes_out_after_it(
    config: EngineConfig, world: World, tenant: Tenant, domain: SendingDomain
) -> None:
    sound = make_domain(tenant.pk, f"mail.{tenant.slug}.test")
    people = [f"p{number}@gmail.test" for number in range(5)]
    for one in people:
        for own in (domain, sound):
            accepted(tenant, one, from_=Mailbox(address=f"shop@{own.name}"))
    short = replace(config, idle_seconds=1)

    def turn(state: str) -> None:
        with tenant_scope(tenant.pk):
            SendingDomain.objects.filter(pk=domain.pk).update(state=state)
        keep_domain_gates()

    turn(SendingDomain.State.BROKEN)
    run_once(short, lambda: False)
    assert sorted(world.recipients(sound.name)) == people
    assert world.recipients(domain.name) == []
    turn(SendingDomain.State.VERIFIED)
    run_once(short, lambda: False)
    assert sorted(world.recipients(domain.name)) == people
    with tenant_scope(tenant.pk):
        assert not QueueEntry.objects.exists()
