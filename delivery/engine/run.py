"""A queue run: takes a lease, claims for at most so long, sends, settles everything, ends."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from random import Random
from typing import Any, Final

import psycopg
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from accounts.models.tenant import new_id
from delivery.engine import incarnation, journal, lease
from delivery.engine.bell import Bell
from delivery.engine.breaker import Breaker
from delivery.engine.channel import Source
from delivery.engine.claim import recheck
from delivery.engine.compose import Composer
from delivery.engine.config import EngineConfig
from delivery.engine.content import Contents
from delivery.engine.journal import Journal
from delivery.engine.lease import Lease
from delivery.engine.outbox import Outbox
from delivery.engine.record import Recorder
from delivery.engine.route import Routes
from delivery.engine.scheduler import Scheduler
from delivery.engine.sign import load_platform
from delivery.engine.stopping import end
from delivery.engine.takeback import settle_run, take_back_dead_runs
from delivery.engine.talk import Workshop
from delivery.engine.traits import keep_traits, known_traits
from relay_saas.mail.dns import Resolver
from relay_saas.mail.smtp.chunked import Chunking
from relay_saas.mail.smtp.session import Options
from relay_saas.mail.smtp.tls import opportunistic_context
from relay_saas.mail.smtp.workarounds import Workarounds

LOG = logging.getLogger(__name__)

_TICK: Final = 0.025
_IDLE_TICK: Final = 0.1
_POLL: Final = 1.0
_ROUTE: Final = 0.25
_ROUTE_IDLE: Final = 1.0
#: How much longer than its time (as a multiple) a run may go on beside servers that do not answer.
_OVERTIME: Final = 3.0

_SOURCES: Final = """
select id, pool_id, host(address) as address, helo from delivery_egresssource where host = %s order by id
"""
_HELD: Final = "select exists (select from delivery_queueentry where run_id = %s)"
Pool = AsyncConnectionPool[AsyncConnection]
#: What a background loop survives: the database is away for a while.
DATABASE_AWAY: Final = (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout)


class Run:
    """One run of one process; `execute` once. `stop` is asked all the time: true ends claiming at once."""

    def __init__(self, config: EngineConfig, stop: Callable[[], bool]) -> None:
        self.id = new_id()
        self._config = config
        self._stop = stop
        self._path = config.journal_dir / f"{self.id}.journal"

    async def execute(self) -> bool:
        """Runs; returns whether due work may be left; False where the host has no free slot or address."""
        async with _pool(self._config) as pool:
            async with pool.connection() as connection:
                await incarnation.check(connection, self._config)
                await take_back_dead_runs(connection, self._config)
                sources = await _sources(connection, self._config.host)
            if not sources or self._stop():
                return False
            with Journal(self._path) as kept:
                async with pool.connection() as connection:
                    held = await lease.take(connection, self._config, run_id=self.id, journal=self._path)
                if held is None:
                    journal.remove(self._path)
                    return False
                return await self._hold(pool, kept, held, sources)

    async def _hold(self, pool: Pool, kept: Journal, held: Lease, sources: list[Source]) -> bool:
        shop = self._workshop(pool, kept, held, sources)
        async with pool.connection() as connection:
            shop.workarounds = Workarounds(await known_traits(connection))
            platform = await load_platform(connection, self._config.platform_key, self._config.platform_signs)
            shop.composer = replace(shop.composer, platform=platform)
        bell = Bell(self._config.valkey_url, {source.pool_id for source in sources})
        bell.open()
        scheduler = Scheduler(shop, pool, self.id, sources, bell)
        routes = Routes(shop.resolver, self._config.timings)
        writing = asyncio.create_task(shop.outbox.run())
        beside = [
            asyncio.create_task(_every(self._config.heartbeat_seconds, lambda: self._renew(pool, held))),
            asyncio.create_task(_every(_POLL, lambda: self._look_again(pool, shop, scheduler))),
            asyncio.create_task(_every(_POLL, lambda: self._keep_learned(pool, shop))),
            asyncio.create_task(self._route(pool, routes, bell)),
        ]
        for task in (writing, *beside):
            task.add_done_callback(shop.watch)
        try:
            try:
                more = await self._claim(shop, scheduler, routes, held, bell)
            finally:
                await bell.close()
                await self._wind_down(shop, scheduler)
        finally:
            shop.outbox.close()
            await writing
            await end(beside)
        await self._keep_learned(pool, shop)
        await scheduler.leave()
        await self._settle(pool, held)
        return (more or scheduler.told) and not self._stop()

    async def _claim(
        self, shop: Workshop, scheduler: Scheduler, routes: Routes, held: Lease, bell: Bell
    ) -> bool:
        """Claims until stopped, idle or out of time; true where it ended in the midst of work."""
        loop = asyncio.get_running_loop()
        until = loop.time() + self._config.claim_seconds
        latest = until + _OVERTIME * self._config.claim_seconds
        worked_at = loop.time()
        while not (self._stop() or shop.broken or held.lost):
            now = loop.time()
            if now >= until and not (scheduler.finish_slow() and now < latest):
                return True
            try:
                claimed = await scheduler.tick()
            except DATABASE_AWAY as error:
                LOG.warning("claiming waits for the database: %s", error)
                claimed = 0
                await asyncio.sleep(_POLL)
            # A run that ended before silent name servers are given up would never defer the mail behind them.
            if claimed or scheduler.busy or routes.asking:
                worked_at = now
            elif now - worked_at >= self._config.idle_seconds:
                return False
            if scheduler.busy or scheduler.told:
                await asyncio.sleep(_TICK)
            else:
                await bell.wait(_IDLE_TICK, since=bell.rings)
        return True

    async def _wind_down(self, shop: Workshop, scheduler: Scheduler) -> None:
        """Lets senders finish: their queues at the end of the time, at a stop only what is on the wire."""
        scheduler.close()
        waited = 0.0
        while senders := [task for channel in scheduler.channels.values() for task in channel.senders]:
            if self._stop() or shop.broken or shop.lease.lost:
                shop.stopping = True
                for channel in scheduler.channels.values():
                    scheduler.give_back(channel)
                    for task in channel.opening:
                        task.cancel()
            done, _ = await asyncio.wait(senders, timeout=_IDLE_TICK)
            waited += 0 if done else _IDLE_TICK
            if waited > self._config.stop_grace:
                LOG.warning("%s sessions did not end in time; their messages are in doubt", len(senders))
                await end(senders)
        for channel in scheduler.channels.values():
            scheduler.give_back(channel)

    async def _settle(self, pool: Pool, held: Lease) -> None:
        """Whatever is still leased to this run: as after a death, by the same code."""
        async with pool.connection() as connection:
            row = await (await connection.execute(_HELD, [self.id])).fetchone()
            # A run that ended well holds nothing, and its journal need not be read.
            if row is not None and row[0]:
                await settle_run(connection, self._config, self.id, held.slot, journal.read(self._path))
            await lease.close(connection, self.id)
        journal.remove(self._path)

    def _workshop(self, pool: Pool, kept: Journal, held: Lease, sources: list[Source]) -> Workshop:
        config = self._config
        context = opportunistic_context()
        return Workshop(
            config=config,
            lease=held,
            journal=kept,
            outbox=Outbox(pool, Recorder(self.id, held.slot)),
            contents=Contents(pool),
            composer=Composer(
                token_keys=config.token_keys, edge_scheme=config.edge_scheme, edge_port=config.edge_port
            ),
            resolver=Resolver(config.dns, limits=config.dns_limits),
            breaker=Breaker(pool, config.timings.otherwise.waits[0]),
            random=Random(),
            options={
                source.id: Options(
                    helo=source.helo,
                    source=source.address,
                    context=context,
                    timeouts=config.smtp_timeouts,
                    chunking=Chunking.CAREFUL,
                )
                for source in sources
            },
        )

    async def _renew(self, pool: Pool, held: Lease) -> None:
        async with pool.connection() as connection:
            await held.renew(connection)

    async def _look_again(self, pool: Pool, shop: Workshop, scheduler: Scheduler) -> None:
        """The last check of what waits or is under way: pause, cancel, suppression since the claim."""
        before = asyncio.get_running_loop().time() - _POLL
        # Most are claimed and gone within a second.
        jobs = [job for job in scheduler.jobs + shop.under_way.jobs if job.looked_at <= before]
        if not jobs:
            return
        async with pool.connection() as connection:
            answers = await recheck(connection, jobs)
        refused = {message_id: reason for message_id, reason in answers.items() if reason}
        if not refused:
            return
        for channel in scheduler.channels.values():
            for job in channel.remove(lambda job: job.message_id in refused):
                shop.turn_away(job, refused[job.message_id])
        for message_id, reason in refused.items():
            shop.under_way.stop(message_id, reason)

    async def _keep_learned(self, pool: Pool, shop: Workshop) -> None:
        """What hosts have shown, to where other runs and operators find it."""
        if fresh := list(shop.workarounds.fresh):
            async with pool.connection() as connection:
                await keep_traits(connection, fresh)
            del shop.workarounds.fresh[: len(fresh)]

    async def _route(self, pool: Pool, routes: Routes, bell: Bell) -> None:
        while True:
            found, heard = 0, bell.rings
            try:
                async with pool.connection() as connection:
                    found = await routes.resolve_waiting(connection)
            except DATABASE_AWAY as error:
                LOG.warning("routing waits for the database: %s", error)
            if found:
                bell.ring()
            await asyncio.sleep(_ROUTE)
            if not found:
                await bell.wait(_ROUTE_IDLE - _ROUTE, since=heard)


async def _every(seconds: float, work: Callable[[], Awaitable[Any]]) -> None:
    while True:
        await asyncio.sleep(seconds)
        try:
            await work()
        except DATABASE_AWAY as error:
            LOG.warning("waiting for the database: %s", error)


async def _sources(connection: AsyncConnection, host: str) -> list[Source]:
    rows = await (await connection.execute(_SOURCES, [host])).fetchall()
    return [Source(id=row[0], pool_id=row[1], address=row[2], helo=row[3]) for row in rows]


def _pool(config: EngineConfig) -> Pool:
    return AsyncConnectionPool(
        config.database_url,
        min_size=1,
        max_size=4,
        timeout=10,
        open=False,
        kwargs={
            "autocommit": True,
            "prepare_threshold": 2,
            "application_name": "relay queue run",
            # Arrays of any length have the same plan, and planning takes longer than a small batch.
            "options": "-c plan_cache_mode=force_generic_plan",
        },
    )
