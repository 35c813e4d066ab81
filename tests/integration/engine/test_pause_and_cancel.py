"""Pause, cancel and unsubscribe reach a run that is at work."""

from collections.abc import Callable
from typing import Any

from accounts.audit import SYSTEM
from accounts.models import SendingDomain, Tenant
from accounts.tenancy import tenant_scope
from campaigns.models import Contact, Suppression
from campaigns.services.control import cancel, pause, resume
from campaigns.services.suppression import suppress
from delivery.engine.config import EngineConfig
from delivery.engine.sweep import sweep
from delivery.models import Attempt, AttemptState, QueueEntry
from tests.integration.engine.world import World, engine
from tests.integration.waiting import until

N = 120


def settled(tenant: Tenant) -> int:
    with tenant_scope(tenant.pk):
        return Attempt.objects.count()


def leased(tenant: Tenant) -> int:
    with tenant_scope(tenant.pk):
        return QueueEntry.objects.exclude(run_id=None).count()


def test_a_paused_campaign_sends_nothing_more_until_it_is_resumed(
    slow_config: EngineConfig,
    slow_world: World,
    settings: Any,
    tenant: Tenant,
    domain: SendingDomain,
    launch: Callable[..., int],
) -> None:
    campaign_id = launch([f"p{number}@acme.test" for number in range(N)])
    with engine(settings, "--once"):
        until(lambda: settled(tenant) > 0, what="the first delivery")
        pause(tenant_id=tenant.pk, campaign_id=campaign_id, actor=SYSTEM)
        until(lambda: leased(tenant) == 0, seconds=6, what="an empty lease")
        received = len(slow_world.recipients(domain.name))
        assert settled(tenant) == received < N
        # The run ends by itself: there is nothing that it may claim.
    assert len(slow_world.recipients(domain.name)) == received
    resume(tenant_id=tenant.pk, campaign_id=campaign_id, actor=SYSTEM)
    with engine(settings, "--once"):
        until(lambda: settled(tenant) == N, seconds=40, what="the rest")
    assert sorted(slow_world.recipients(domain.name)) == sorted(f"p{number}@acme.test" for number in range(N))


def test_a_cancelled_campaign_settles_what_is_left_as_cancelled(
    slow_config: EngineConfig,
    slow_world: World,
    settings: Any,
    tenant: Tenant,
    domain: SendingDomain,
    launch: Callable[..., int],
) -> None:
    campaign_id = launch([f"p{number}@acme.test" for number in range(N)])
    with engine(settings, "--once"):
        until(lambda: settled(tenant) > 0, what="the first delivery")
        cancel(tenant_id=tenant.pk, campaign_id=campaign_id, actor=SYSTEM)
        until(lambda: leased(tenant) == 0, seconds=6, what="an empty lease")
    sweep(slow_config.database_url)
    with tenant_scope(tenant.pk):
        cancelled = Attempt.objects.filter(state=AttemptState.CANCELLED).count()
        assert not QueueEntry.objects.exists()
    assert cancelled == N - len(slow_world.recipients(domain.name))


def test_who_is_suppressed_while_the_mail_waits_gets_none(
    config: EngineConfig,
    world: World,
    settings: Any,
    tenant: Tenant,
    domain: SendingDomain,
    launch: Callable[..., int],
) -> None:
    launch(["ann@acme.test", "bob@acme.test"])
    with tenant_scope(tenant.pk):
        key = Contact.objects.get(email="ann@acme.test").email_key
    suppress(
        tenant_id=tenant.pk,
        email_key=key,
        scope=Suppression.Scope.MARKETING,
        reason=Suppression.Reason.UNSUBSCRIBED,
    )
    with engine(settings, "--once"):
        until(lambda: settled(tenant) == 2, what="both outcomes")
    assert world.recipients(domain.name) == ["bob@acme.test"]
    with tenant_scope(tenant.pk):
        assert Attempt.objects.get(state=AttemptState.SUPPRESSED).category == "suppressed"
