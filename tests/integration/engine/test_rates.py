"""Rates in Valkey, taken in blocks: what a flush or an outage may not give away."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from django.conf import settings as django_settings
from redis.asyncio import Redis

from delivery.engine.rates import Allowances, Bucket
from relay_saas.mail.shaping_rate import Rate
from tests.integration.engine.world import free_port

NOBODY = "redis://127.0.0.1:{port}/0"


@pytest.fixture
def bucket(request: pytest.FixtureRequest) -> Bucket:
    """1,200 a minute, of this test alone."""
    return Bucket(f"test:{request.node.name}", Rate(1200))


@asynccontextmanager
async def runs(n: int, url: str | None = None) -> AsyncIterator[list[Allowances]]:
    found = [Allowances(url or django_settings.REDIS_URL, runs=n) for _ in range(n)]
    try:
        yield found
    finally:
        for one in found:
            await one.close()


async def sends(one: Allowances, bucket: Bucket, wanted: int) -> int:
    """What one run may send now, as the scheduler asks."""
    now = asyncio.get_running_loop().time()
    await one.fill({bucket: wanted}, now)
    n = min(wanted, one.left(bucket, now))
    one.spend(bucket, n)
    return n


async def busy(all_runs: list[Allowances], bucket: Bucket, seconds: float) -> int:
    """What runs send together that want more all the time."""
    loop = asyncio.get_running_loop()
    until, total = loop.time() + seconds, 0
    while loop.time() < until:
        for one in all_runs:
            total += await sends(one, bucket, 10)
        await asyncio.sleep(0.01)
    return total


def run(work: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(work())  # type: ignore[arg-type]  # a coroutine function


def test_four_runs_together_keep_one_rate(bucket: Bucket) -> None:
    async def work() -> None:
        async with runs(4) as found:
            assert await sends(found[0], bucket, 10) == 0, "a bucket begins empty"
            before = asyncio.get_running_loop().time()
            total = await busy(found, bucket, 1.5)
            seconds = asyncio.get_running_loop().time() - before
            assert 10 <= total <= 20 * seconds + 1

    run(work)


def test_a_flush_gives_nothing_away(bucket: Bucket) -> None:
    async def work() -> None:
        async with runs(2) as found, Redis.from_url(django_settings.REDIS_URL) as valkey:
            before = asyncio.get_running_loop().time()
            await sends(found[0], bucket, 1)
            total = 0
            for _ in range(3):
                total += await busy(found, bucket, 0.4)
                await valkey.delete(f"relay:rate:{bucket.key}")
            seconds = asyncio.get_running_loop().time() - before
            assert 1 <= total <= 20 * seconds + 1

    run(work)


def test_without_valkey_each_run_keeps_its_share(bucket: Bucket) -> None:
    async def work() -> None:
        async with runs(4, NOBODY.format(port=free_port())) as found:
            before = asyncio.get_running_loop().time()
            total = await busy(found, bucket, 1.5)
            seconds = asyncio.get_running_loop().time() - before
            assert 4 <= total <= 20 * seconds + 1

    run(work)


def test_a_block_is_asked_for_once_and_given_up_when_nobody_needs_it(bucket: Bucket) -> None:
    async def work() -> None:
        async with runs(1) as (one,), Redis.from_url(django_settings.REDIS_URL) as valkey:
            await sends(one, bucket, 1)
            await asyncio.sleep(0.5)
            before = int(await valkey.get(f"relay:rate:{bucket.key}"))
            assert await sends(one, bucket, 1) == 1
            asked = int(await valkey.get(f"relay:rate:{bucket.key}"))
            assert await sends(one, bucket, 1) == 1
            assert int(await valkey.get(f"relay:rate:{bucket.key}")) == asked > before
            now = asyncio.get_running_loop().time()
            assert one.left(bucket, now) > 0
            assert one.left(bucket, now + 10) == 0

    run(work)
