"""The Celery worker: it delivers, survives a flushed Valkey and a killed child, and stops when told to."""

import os
import signal
import subprocess
import sys
from collections import Counter as Count
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psutil
import redis
from django.conf import settings as django_settings

from accounts.models import SendingDomain, Tenant
from accounts.tenancy import tenant_scope
from delivery.engine.config import EngineConfig
from delivery.models import Attempt, AttemptState, QueueEntry, QueueRun
from delivery.tasks import start_queue_runs
from tests.integration.engine.world import ROOT, World, process_environment
from tests.integration.waiting import until

N = 150


@contextmanager
def worker(settings: Any) -> Iterator[subprocess.Popen[bytes]]:
    """A worker of this host's queue, with one child."""
    argv = [
        *(sys.executable, "-m", "celery", "-A", "relay_saas.celery", "worker", "-c", "1", "-l", "warning"),
        *("-Q", f"delivery.{settings.RELAY_HOST_ID}", "--without-gossip", "--without-mingle"),
        "--without-heartbeat",
    ]
    process = subprocess.Popen(argv, cwd=ROOT, env=process_environment(settings))
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait(timeout=40)


def states(tenant: Tenant) -> Count[int]:
    with tenant_scope(tenant.pk):
        return Count(Attempt.objects.values_list("state", flat=True))


def ring_until(condition: Callable[[], bool], what: str) -> None:
    """What beat does every two seconds, a little faster."""

    def look() -> bool:
        if condition():
            return True
        if QueueRun.objects.filter(closed_at=None).count() == 0:
            start_queue_runs()
        return condition()

    until(look, seconds=120, what=what)


def test_a_flushed_broker_costs_seconds_and_no_message(
    slow_config: EngineConfig,
    slow_world: World,
    settings: Any,
    tenant: Tenant,
    domain: SendingDomain,
    launch: Callable[..., int],
) -> None:
    addresses = [f"p{number}@acme.test" for number in range(N)]
    with worker(settings):
        launch(addresses)
        ring_until(lambda: states(tenant)[AttemptState.DELIVERED] > 0, "the first delivery")
        redis.Redis.from_url(django_settings.REDIS_URL).flushdb()
        ring_until(lambda: states(tenant).total() == N, "all deliveries")
        # Publishing goes on, though the broker has forgotten all its bindings.
        launch(["late@acme.test"])
        ring_until(lambda: states(tenant).total() == N + 1, "the message after the flush")
    assert states(tenant) == {AttemptState.DELIVERED: N + 1}
    assert Count(slow_world.recipients(domain.name)) == Count([*addresses, "late@acme.test"])


def test_a_killed_child_is_replaced_and_its_work_accounted_for(
    slow_config: EngineConfig,
    slow_world: World,
    settings: Any,
    tenant: Tenant,
    domain: SendingDomain,
    launch: Callable[..., int],
) -> None:
    addresses = [f"p{number}@acme.test" for number in range(N)]
    launch(addresses)
    with worker(settings) as process:
        ring_until(lambda: states(tenant)[AttemptState.DELIVERED] > 0, "the first delivery")
        for child in psutil.Process(process.pid).children():
            os.kill(child.pid, signal.SIGKILL)
        ring_until(lambda: states(tenant).total() == N, "all outcomes")
    found, copies = states(tenant), Count(slow_world.recipients(domain.name))
    assert set(found) <= {AttemptState.DELIVERED, AttemptState.IN_DOUBT}
    assert max(copies.values()) == 1
    assert found[AttemptState.DELIVERED] <= len(copies) <= N
    with tenant_scope(tenant.pk):
        assert not QueueEntry.objects.exists()


def test_a_worker_that_is_told_to_stop_ends_within_seconds_and_leaves_nothing_in_doubt(
    slow_config: EngineConfig,
    slow_world: World,
    settings: Any,
    tenant: Tenant,
    domain: SendingDomain,
    launch: Callable[..., int],
) -> None:
    launch([f"p{number}@acme.test" for number in range(N)])
    with worker(settings) as process:
        ring_until(lambda: states(tenant)[AttemptState.DELIVERED] > 0, "the first delivery")
        process.terminate()
        assert process.wait(timeout=20) == 0
    found = states(tenant)
    assert set(found) == {AttemptState.DELIVERED}
    assert found.total() == len(slow_world.recipients(domain.name)) < N
    with tenant_scope(tenant.pk):
        assert QueueEntry.objects.filter(run_id=None).count() == N - found.total()
        QueueEntry.objects.all().delete()
