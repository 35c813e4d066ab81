"""Who may take a run's rows: nobody while its journal is locked, others once its host is known to be dead."""

import asyncio
import os
import signal
import time
from collections import Counter as Count
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from accounts.models import SendingDomain, Tenant
from accounts.tenancy import tenant_scope
from delivery.engine import incarnation, journal
from delivery.engine.config import EngineConfig
from delivery.engine.process import run_once, take_back
from delivery.exceptions import HostLives, UnknownHost
from delivery.models import Attempt, AttemptState, EgressHost, PolicyState, QueueEntry
from delivery.selectors.hosts import hosts
from delivery.services import policy
from delivery.services.hosts import declare_dead
from tests.integration.engine.world import World, engine
from tests.integration.waiting import until

N = 40
LEASE = 3
OPEN = 10


@pytest.fixture
def short(slow_config: EngineConfig, settings: Any) -> EngineConfig:
    """The slow world with a lease of seconds, in this process and in those that it starts."""
    settings.RELAY_LEASE_SECONDS = LEASE
    return replace(slow_config, lease_seconds=LEASE, idle_seconds=1)


def states(tenant: Tenant) -> Count[int]:
    with tenant_scope(tenant.pk):
        return Count(Attempt.objects.values_list("state", flat=True))


def leased(tenant: Tenant) -> int:
    with tenant_scope(tenant.pk):
        return QueueEntry.objects.exclude(run_id=None).count()


def open_dots(config: EngineConfig) -> int:
    return sum(len(journal.read(path).unanswered) for path in config.journal_dir.glob("*.journal"))


def silent_for(config: EngineConfig, seconds: float) -> None:
    """Until the host's last heartbeat is that old."""

    def silent() -> bool:
        return any(one.name == config.host and (one.silent or 0) > seconds for one in hosts())

    until(silent, seconds=4 * seconds + 10, what=f"{seconds} s of silence")


def test_a_paused_run_keeps_its_rows_and_nothing_is_sent_twice(
    short: EngineConfig,
    slow_world: World,
    settings: Any,
    tenant: Tenant,
    domain: SendingDomain,
    launch: Callable[..., int],
) -> None:
    launch([f"p{number}@acme.test" for number in range(N)])
    with engine(settings, "--once") as process:
        until(lambda: open_dots(short) >= OPEN, what="open dots")
        os.kill(process.pid, signal.SIGSTOP)
        silent_for(short, 1.2 * LEASE)
        # What it had asked for when it was stopped is its own by now.
        held = leased(tenant)
        assert take_back(short) == 0
        run_once(short, lambda: False)
        assert leased(tenant) == held
        silent_for(short, 2.5 * LEASE)
        os.kill(process.pid, signal.SIGCONT)
        assert process.wait(timeout=40) == 0
    run_once(short, lambda: False)
    assert states(tenant) == {AttemptState.DELIVERED: N}
    assert set(Count(slow_world.recipients(domain.name)).values()) == {1}


def test_what_a_dead_host_held_is_in_doubt_and_it_writes_nothing_more(
    short: EngineConfig,
    slow_world: World,
    settings: Any,
    tenant: Tenant,
    domain: SendingDomain,
    launch: Callable[..., int],
) -> None:
    launch([f"p{number}@acme.test" for number in range(N)])
    with engine(settings, "--once") as process:
        until(lambda: open_dots(short) >= OPEN, what="open dots")
        with pytest.raises(HostLives):
            declare_dead(name=short.host, reason="it burns", by="test")
        os.kill(process.pid, signal.SIGSTOP)
        silent_for(short, LEASE)
        held = leased(tenant)
        elsewhere = replace(short, host="elsewhere")
        assert take_back(elsewhere) == 0, "a heartbeat that stopped proves nothing"
        assert declare_dead(name=short.host, reason="it burns", by="test") == 1
        assert take_back(elsewhere) == 1
        assert states(tenant)[AttemptState.IN_DOUBT] == held >= OPEN
        os.kill(process.pid, signal.SIGCONT)
        assert process.wait(timeout=40) == 0
    run_once(short, lambda: False)
    assert states(tenant) == Count({AttemptState.DELIVERED: N - held, AttemptState.IN_DOUBT: held})
    assert max(Count(slow_world.recipients(domain.name)).values()) == 1


def test_an_unknown_host_cannot_die(committed: None) -> None:
    with pytest.raises(UnknownHost):
        declare_dead(name="nowhere", reason="it burns", by="test")


def a_dead_run(config: EngineConfig, tenant: Tenant, host: str) -> None:
    """Everything of the tenant is held by a run of another host that has been silent for an hour."""
    with psycopg.connect(config.database_url) as connection:
        connection.execute(
            """with run as (
              insert into delivery_queuerun (id, host, slot, boot_id, pid, journal, started_at, heartbeat_at)
              values (gen_random_uuid(), %(host)s, 0, 'earlier', 1, '/nowhere', now() - interval '1 hour',
                now() - interval '1 hour') returning id)
            update delivery_queueentry set run_id = run.id from run where tenant_id = %(tenant)s""",
            {"host": host, "tenant": tenant.pk},
        )


def test_a_host_that_started_again_reads_its_own_journals_first(
    config: EngineConfig, tenant: Tenant, domain: SendingDomain, launch: Callable[..., int]
) -> None:
    launch(["a@acme.test", "b@acme.test"])
    host = f"host of {tenant.slug}"
    a_dead_run(config, tenant, host)
    assert take_back(config) == 0, "its machine may run still"
    EgressHost.objects.create(name=host, boot_id="earlier", boot_at="2026-01-01T00:00Z")
    assert take_back(config) == 0, "its machine runs still"
    assert take_back(replace(config, host=host, data_dir=config.data_dir / "host")) == 1
    assert states(tenant) == {AttemptState.IN_DOUBT: 2}


def test_others_take_back_what_a_host_that_started_again_left(
    config: EngineConfig, tenant: Tenant, domain: SendingDomain, launch: Callable[..., int]
) -> None:
    launch(["a@acme.test", "b@acme.test"])
    host = f"host of {tenant.slug}"
    a_dead_run(config, tenant, host)
    EgressHost.objects.create(name=host, boot_id="now", boot_at="2026-01-01T00:00Z")
    assert take_back(config) == 1
    assert states(tenant) == {AttemptState.IN_DOUBT: 2}


def looked(config: EngineConfig) -> bool:
    async def look() -> bool:
        async with await psycopg.AsyncConnection.connect(config.database_url, autocommit=True) as connection:
            return await incarnation.check(connection, config)

    return asyncio.run(look())


@pytest.mark.parametrize("trace", ["another system", "an earlier generation"])
def test_nothing_is_sent_from_a_restored_copy_before_somebody_has_looked(
    config: EngineConfig,
    world: World,
    tenant: Tenant,
    domain: SendingDomain,
    launch: Callable[..., int],
    trace: str,
) -> None:
    assert looked(config)
    with psycopg.connect(config.database_url) as connection:
        if trace == "another system":
            connection.execute("update delivery_incarnation set system = 'another'")
        else:
            assert looked(config)
            connection.execute("update delivery_incarnation set generation = generation - 1")
    launch(["a@acme.test"])
    quick = replace(config, idle_seconds=1)
    run_once(quick, lambda: False)
    assert states(tenant).total() == 0
    (suspended,) = PolicyState.objects.filter(rule=incarnation.RESTORED, ended_at=None)
    run_once(quick, lambda: False)
    assert states(tenant).total() == 0
    assert policy.lift(policy_id=suspended.pk, by="test")
    began = time.monotonic()
    while not states(tenant).total() and time.monotonic() - began < 30:
        run_once(quick, lambda: False)
    assert states(tenant) == {AttemptState.DELIVERED: 1}
    assert looked(config)
