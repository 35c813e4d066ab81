"""Kill -9 with messages past DATA: everything is accounted for, and nothing is sent twice."""

import os
import signal
from collections import Counter as Count
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from accounts.models import SendingDomain, Tenant
from accounts.tenancy import tenant_scope
from delivery.engine import journal
from delivery.engine.config import EngineConfig
from delivery.engine.process import run_once, take_back
from delivery.models import Attempt, AttemptState, Counter, QueueEntry, QueueRun
from tests.integration.engine.world import World, engine
from tests.integration.waiting import until

#: More than a second's worth.
N = 60


def states(tenant: Tenant) -> Count[int]:
    with tenant_scope(tenant.pk):
        return Count(Attempt.objects.values_list("state", flat=True))


def test_a_killed_run_is_taken_back_and_only_what_was_past_the_dot_is_in_doubt(
    slow_config: EngineConfig,
    slow_world: World,
    settings: Any,
    tenant: Tenant,
    domain: SendingDomain,
    launch: Callable[..., int],
) -> None:
    addresses = [f"p{number}@acme.test" for number in range(N)]
    launch(addresses)

    def open_dots() -> int:
        files = list(slow_config.journal_dir.glob("*.journal"))
        return len(journal.read(files[0]).unanswered) if files else 0

    with engine(settings, "--once") as process:
        until(lambda: states(tenant)[AttemptState.DELIVERED] > 0 and open_dots() >= 5, what="open dots")
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        past_the_dot = open_dots()
        assert past_the_dot >= 5
    assert take_back(slow_config) == 1
    assert states(tenant)[AttemptState.IN_DOUBT] == past_the_dot
    with tenant_scope(tenant.pk):
        assert not QueueEntry.objects.exclude(run_id=None).exists()
        queued = QueueEntry.objects.count()
    assert states(tenant).total() + queued == N
    run_once(replace(slow_config, idle_seconds=1), lambda: False)
    assert states(tenant) == {
        AttemptState.DELIVERED: N - past_the_dot,
        AttemptState.IN_DOUBT: past_the_dot,
    }
    copies = Count(slow_world.recipients(domain.name))
    assert max(copies.values()) == 1
    assert set(copies) <= set(addresses)
    with tenant_scope(tenant.pk):
        assert sum(Counter.objects.values_list("n", flat=True)) == N
    assert not QueueRun.objects.filter(closed_at=None).exists()


def test_a_run_that_is_asked_to_stop_leaves_nothing_in_doubt(
    slow_config: EngineConfig,
    slow_world: World,
    settings: Any,
    tenant: Tenant,
    domain: SendingDomain,
    launch: Callable[..., int],
) -> None:
    launch([f"p{number}@acme.test" for number in range(N)])
    with engine(settings) as process:
        until(lambda: states(tenant)[AttemptState.DELIVERED] > 0, what="the first delivery")
        process.terminate()
        assert process.wait(timeout=30) == 0
    found = states(tenant)
    assert set(found) == {AttemptState.DELIVERED}
    assert found[AttemptState.DELIVERED] == len(slow_world.recipients(domain.name)) < N
    with tenant_scope(tenant.pk):
        assert not QueueEntry.objects.exclude(run_id=None).exists()
        assert QueueEntry.objects.count() == N - found[AttemptState.DELIVERED]
        QueueEntry.objects.all().delete()
