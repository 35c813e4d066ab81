"""Connections at once, counted at the receivers: two hosts, four processes, kills, and an empty Valkey."""

import secrets
import signal
import subprocess
import sys
from collections import Counter as Count
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
import redis
from django.conf import settings as django_settings

from accounts.models import SendingDomain, Tenant
from accounts.tenancy import tenant_scope
from delivery.engine.config import EngineConfig
from delivery.models import Attempt, EgressPool, EgressSource, Scope
from delivery.services import egress
from delivery.services.shaping import set_override
from tests.integration.engine.world import ROOT, World, process_environment
from tests.integration.waiting import until

N = 100
LIMIT = 5
KILLS = 4


def settled(tenant: Tenant) -> int:
    with tenant_scope(tenant.pk):
        return Attempt.objects.count()


@pytest.fixture
def sources(slow_config: EngineConfig, tenant: Tenant) -> list[EgressSource]:
    """One address on each of two hosts, in a pool of this tenant, each with five connections a provider."""
    pool = EgressPool.objects.create(name=f"slots{secrets.token_hex(4)}")
    found = [
        EgressSource.objects.create(
            pool=pool, address=f"127.30.8.{n}", helo="mx.sources.test", host=f"{pool}-{n}"
        )
        for n in (1, 2)
    ]
    egress.assign_pool(pool=pool, tenant_id=tenant.pk)
    for source in found:
        set_override(
            scope=Scope(source_id=source.pk), setting="max_connections", value=str(LIMIT), set_by="test"
        )
    return found


@pytest.fixture
def start(settings: Any, sources: list[EgressSource]) -> Iterator[Callable[[int], subprocess.Popen[bytes]]]:
    """`start(n)` is one more process of the n-th host."""
    with ExitStack() as stack:

        def start(n: int) -> subprocess.Popen[bytes]:
            argv = [sys.executable, "manage.py", "run_queue", "--egress-host", sources[n].host]
            process = subprocess.Popen(argv, cwd=ROOT, env=process_environment(settings))
            stack.callback(process.wait, timeout=20)
            stack.callback(process.kill)
            return process

        yield start


def at_once(world: World, client: str) -> list[int]:
    """Open sessions from one address after each opening and closing, in the order of time."""
    events = sorted(
        (line["time"], 1 if line["event"] == "opened" else -1)
        for line in world.notes("sessions")
        if line["client"] == client
    )
    open_now, seen = 0, []
    for _, change in events:
        open_now += change
        seen.append(open_now)
    return seen


def test_no_source_has_more_connections_than_allowed_through_kills_and_a_flush(
    slow_world: World,
    tenant: Tenant,
    domain: SendingDomain,
    launch: Callable[..., int],
    sources: list[EgressSource],
    start: Callable[[int], subprocess.Popen[bytes]],
) -> None:
    launch([f"p{number}@stark.test" for number in range(N)])
    processes = [start(n % 2) for n in range(4)]
    until(lambda: settled(tenant) > 10, seconds=60, what="the first deliveries")
    for kill in range(KILLS):
        before = settled(tenant)
        processes[kill].send_signal(signal.SIGKILL)
        processes[kill].wait()
        if kill == 1:
            redis.Redis.from_url(django_settings.REDIS_URL).flushdb()
        processes[kill] = start(kill % 2)
        until(lambda done=before: settled(tenant) > done + 8, seconds=60, what="more deliveries")
    until(lambda: settled(tenant) >= N, seconds=120, what="all deliveries")
    for process in processes:
        process.terminate()
    for process in processes:
        assert process.wait(timeout=40) in {0, -signal.SIGTERM}
    for source in sources:
        counts = at_once(slow_world, str(source.address))
        assert max(counts) <= LIMIT
        assert max(counts) >= LIMIT - 1
    received = Count(slow_world.recipients(domain.name))
    assert set(received.values()) == {1}
