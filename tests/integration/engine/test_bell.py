"""The bell: a run that listens looks at once, and where none does, one is called."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from django.conf import settings as django_settings
from redis import Redis

from accounts.models import SendingDomain, Tenant
from delivery.engine import scheduler
from delivery.engine.bell import Bell
from delivery.engine.config import EngineConfig
from delivery.engine.run import Run
from delivery.models import EgressPool
from delivery.services import bell
from delivery.services.submission import submit
from delivery.services.submission_spec import Mailbox, SubmissionSpec
from tests.integration.engine.world import World, free_port
from tests.integration.waiting import until

#: No pool of the database has such a number.
_POOLS = count(10_000_000)


@pytest.fixture
def pool() -> int:
    """A pool of this test alone."""
    return next(_POOLS)


@pytest.fixture
def without_valkey(settings: Any) -> Iterator[None]:
    """Nobody answers there."""
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    bell._script.cache_clear()
    yield
    bell._script.cache_clear()
    bell._Shut.until = 0.0


def listeners(pool: int) -> int:
    with Redis.from_url(django_settings.REDIS_URL) as valkey:
        return int(valkey.pubsub_numsub(bell.channel(pool))[0][1])


def listening(pool: int, meanwhile: Callable[[], Any]) -> int:
    """How often the bell of a run rang after it had begun to listen, told of by `meanwhile`."""

    async def work() -> int:
        one = Bell(django_settings.REDIS_URL, [pool])
        one.open()
        await one.wait(10, since=0)
        began = one.rings
        await asyncio.to_thread(meanwhile)
        await one.close()
        return one.rings - began

    return asyncio.run(work())


def test_where_nobody_listens_a_run_is_called_and_not_again_at_once(pool: int) -> None:
    assert bell.ring([pool]) == [pool]
    assert bell.ring([pool]) == []


def test_who_listens_hears_everything_and_nobody_is_called(pool: int) -> None:
    unheard: list[int] = []
    rang = listening(pool, lambda: unheard.extend(bell.ring([pool]) + bell.ring([pool])))
    assert (rang, unheard) == (2, [])


def test_a_run_that_has_gone_is_not_taken_for_one_that_listens(pool: int) -> None:
    listening(pool, lambda: None)
    assert listeners(pool) == 0
    assert bell.ring([pool]) == [pool]


def test_without_valkey_nobody_is_called_and_nothing_fails(without_valkey: None, pool: int) -> None:
    assert bell.ring([pool]) == []
    assert bell.ring([pool]) == []


@contextmanager
def running(config: EngineConfig) -> Iterator[None]:
    """A run beside the block, which ends it."""
    stop = threading.Event()
    run = Run(config, stop.is_set)
    thread = threading.Thread(target=lambda: asyncio.run(run.execute()))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def test_a_run_looks_when_mail_is_accepted_and_does_not_wait_for_its_own_time(
    config: EngineConfig,
    world: World,
    tenant: Tenant,
    domain: SendingDomain,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(scheduler, "_LOOK_SECONDS", 3600.0)
    wanted = [f"taro{number}@acme.test" for number in range(3)]
    shared = EgressPool.objects.get(name="shared").pk
    with running(replace(config, idle_seconds=30)):
        until(lambda: listeners(shared), what="the run listens")
        for number, address in enumerate(wanted, 1):
            spec = SubmissionSpec(
                from_=Mailbox(address=f"shop@{domain.name}"),
                to=(Mailbox(address=address),),
                subject="Your code",
                text="123456",
            )
            submit(tenant_id=tenant.pk, spec=spec)
            until(lambda n=number: len(world.recipients(domain.name)) == n, what="the mail arrives")
    assert world.recipients(domain.name) == wanted
