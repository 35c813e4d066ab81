"""Suspensions, rules, warm-up and limits, seen where they count: at the receivers."""

import secrets
from collections import Counter as Count
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from accounts.audit import SYSTEM
from accounts.models import SendingDomain, Tenant
from accounts.services.tenants import create_tenant
from accounts.tenancy import tenant_scope
from delivery.engine.config import EngineConfig
from delivery.engine.due import due
from delivery.engine.process import run_once
from delivery.models import EgressPool, EgressSource, PolicyState, QueueEntry, Scope, Site, WarmupDay
from delivery.models.stream import Stream
from delivery.services import egress, policy
from delivery.services.expand import write_messages
from tests.delivery.builders import make_campaign, make_contacts, make_domain, make_list
from tests.integration.engine.conftest import configure
from tests.integration.engine.world import World, engine, simulated
from tests.integration.waiting import until


def people(n: int, domain: str) -> list[str]:
    return [f"p{number}@{domain}" for number in range(n)]


def waiting(tenant: Tenant) -> int:
    with tenant_scope(tenant.pk):
        return QueueEntry.objects.count()


def leased(tenant: Tenant) -> int:
    with tenant_scope(tenant.pk):
        return QueueEntry.objects.exclude(run_id=None).count()


def launch_for(tenant: Tenant, domain: SendingDomain, addresses: list[str]) -> int:
    mailing_list = make_list(tenant.pk, secrets.token_hex(4))
    make_contacts(tenant.pk, mailing_list, addresses)
    campaign_id = make_campaign(tenant.pk, mailing_list, domain)
    write_messages(tenant_id=tenant.pk, campaign_id=campaign_id)
    return campaign_id


def test_a_suspension_stops_a_tenant_at_work_gives_its_mail_back_and_holds_nobody_else(
    slow_config: EngineConfig,
    slow_world: World,
    settings: Any,
    tenant: Tenant,
    domain: SendingDomain,
) -> None:
    other = create_tenant(slug=f"t{secrets.token_hex(6)}", name="Globex", actor=SYSTEM)
    others_domain = make_domain(other.pk, f"news.{other.slug}.test")
    launch_for(tenant, domain, people(150, "acme.test"))
    launch_for(other, others_domain, people(30, "acme.test"))
    with engine(settings, "--once"):
        until(lambda: slow_world.recipients(domain.name), what="the first delivery")
        held = policy.suspend(scope=Scope(tenant_id=tenant.pk), reason="spam", set_by="ops@relay.test")
        until(lambda: leased(tenant) == 0, seconds=8, what="an empty lease")
        received = len(slow_world.recipients(domain.name))
        assert received + waiting(tenant) == 150
        until(lambda: waiting(other) == 0, seconds=40, what="the neighbour's mail")
    assert len(slow_world.recipients(domain.name)) == received < 150
    assert len(slow_world.recipients(others_domain.name)) == 30
    policy.lift(policy_id=held.pk, by="ops@relay.test")


def test_a_reply_about_a_signer_slows_its_tenant_and_not_the_neighbour_on_the_same_address(
    settings: Any, tmp_path: Path, tenant: Tenant, domain: SendingDomain
) -> None:
    other = create_tenant(slug=f"t{secrets.token_hex(6)}", name="Globex", actor=SYSTEM)
    others_domain = make_domain(other.pk, f"news.{other.slug}.test")
    scenario = tmp_path / "scenario"
    scenario.mkdir()
    brake = f"""extends = "plain"
[[every_provider.brakes]]
name = "signer"
by = "dkim"
only = ["{domain.name}"]
most = 4
seconds = 3600
reply = ["421 4.7.28 We see an unusual rate of unsolicited mail originating from your DKIM domain {{key}}."]
"""
    (scenario / "_scenario.toml").write_text(brake, encoding="utf-8")
    with simulated(tmp_path / "world", str(scenario)) as world:
        config = configure(settings, world, tmp_path)
        launch_for(tenant, domain, people(60, "globex.test"))
        launch_for(other, others_domain, people(60, "globex.test"))
        run_once(replace(config, idle_seconds=2, claim_seconds=12), lambda: False)
        slowed = PolicyState.objects.filter(tenant_id=tenant.pk).get()
        assert (slowed.rule, slowed.action, slowed.value) == ("google-rate-signer", "rate_per_minute", 10)
        assert (slowed.domain, slowed.source_id, slowed.stream) == (domain.name, None, 2)
        assert "DKIM domain" in slowed.evidence
        assert slowed.until is not None
        assert Count(world.recipients(others_domain.name)) == Count(people(60, "globex.test"))
        assert not PolicyState.objects.filter(tenant_id=other.pk).exists()
        # Ten a minute: what was claimed before the rule was heard, and hardly anything after it.
        tried = sum(row["mail_from"].endswith(f"rp.{domain.name}") for row in world.notes("refused"))
        assert 2 <= tried <= 30


def test_a_warm_up_lets_no_more_be_accepted_a_day_and_the_rest_goes_by_other_addresses(
    config: EngineConfig, world: World, tenant: Tenant, domain: SendingDomain
) -> None:
    pool = EgressPool.objects.create(name=f"warm{secrets.token_hex(4)}")
    sources = [
        EgressSource.objects.create(pool=pool, address=address, helo="mx.sources.test", host=config.host)
        for address in ("127.30.7.1", "127.30.7.2")
    ]
    egress.assign_pool(pool=pool, tenant_id=tenant.pk)
    for source, step in zip(sources, (5, 12), strict=True):
        egress.plan_warmup(source=source, steps=[step, 1000], started_on=egress.today(), set_by="ops")
    launch_for(tenant, domain, people(40, "hooli.test"))
    run_once(replace(config, idle_seconds=2), lambda: False)
    lines = [line for line in world.received() if line["mail_from"].endswith(f"rp.{domain.name}")]
    assert Count(line["client"] for line in lines) == {"127.30.7.1": 5, "127.30.7.2": 12}
    assert waiting(tenant) == 23
    assert (
        sum(WarmupDay.objects.filter(source_id__in=[s.pk for s in sources]).values_list("taken", flat=True))
        == 17
    )
    for source in sources:
        egress.end_warmup(source=source)
    run_once(replace(config, idle_seconds=2), lambda: False)
    assert waiting(tenant) == 0


@pytest.fixture
def site(config: EngineConfig, launch: Callable[..., int]) -> Site:
    """A site that has taken mail."""
    launch(["first@initech.test"])
    run_once(replace(config, idle_seconds=1), lambda: False)
    return Site.objects.filter(key__contains="corporate-mail.test").get()


def test_a_site_that_is_suspended_until_a_time_gets_its_mail_after_it(
    config: EngineConfig,
    world: World,
    tenant: Tenant,
    domain: SendingDomain,
    site: Site,
    launch: Callable[..., int],
) -> None:
    held = policy.suspend(scope=Scope(site_id=site.pk), reason="outage", set_by="engine")
    launch(people(10, "initech.test"))
    run_once(replace(config, idle_seconds=1), lambda: False)
    assert waiting(tenant) == 10
    assert policy.lift(policy_id=held.pk, by="engine")
    run_once(replace(config, idle_seconds=1), lambda: False)
    assert waiting(tenant) == 0


def test_no_run_is_started_for_what_is_suspended_as_a_whole(
    config: EngineConfig, launch: Callable[..., int]
) -> None:
    launch(["ann@wonka.test"])
    for scope, rings in (
        (Scope(), False),
        (Scope(stream=Stream.MARKETING), False),
        (Scope(stream=Stream.SYSTEM), True),
        (Scope(provider_id=0), True),
    ):
        held = policy.suspend(scope=scope, reason="test", set_by="test")
        work = due(config.database_url, config.host).work
        policy.lift(policy_id=held.pk, by="test")
        assert work is rings, scope
