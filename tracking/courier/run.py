"""A run: looks at the endpoints, turns events into calls, makes them, writes what became of them, ends."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import class_row
from psycopg_pool import AsyncConnectionPool

from relay_saas.mail.dns import Resolver
from relay_saas.net.connector import Connector, verifying_context
from tracking.courier.config import CourierConfig
from tracking.courier.endpoint import Call, EndpointRow
from tracking.courier.fill import fill_events, fill_replay
from tracking.courier.lane import Lane
from tracking.courier.outbox import AWAY, Outbox, Pool
from tracking.courier.sender import Wire
from tracking.courier.sql import BOARD, CLAIM, GIVE_BACK, NUMBER, TAKE_SLOT

LOG = logging.getLogger(__name__)

_BUSY: Final = 0.02
#: Calls of one endpoint in hand: more than it makes until the next look.
_IN_HAND: Final = 400


class Run:
    """One run of one process; `execute` once. `stop` is asked all the time: true ends it soon."""

    def __init__(self, config: CourierConfig, stop: Callable[[], bool]) -> None:
        self._config = config
        self._stop = stop
        self._lanes: dict[int, Lane] = {}
        self._lease = timedelta(seconds=config.lease_seconds)
        dns = Resolver(config.dns)
        context = verifying_context(config.cafile or None)
        self._connector = Connector(dns, config.guard, context)

    async def execute(self) -> bool:
        """Works; returns whether there may be more. False where all slots are taken."""
        keeper = await AsyncConnection.connect(self._config.database_url, autocommit=True)
        async with keeper:
            if not await _take_slot(keeper, self._config.slots):
                return False
            async with _pool(self._config) as pool:
                outbox = Outbox(pool, lambda number: self._lanes[number].failures)
                writing = asyncio.create_task(outbox.run())
                try:
                    return await self._work(pool, outbox)
                finally:
                    await self._wind_down(pool)
                    outbox.close()
                    await writing

    async def _work(self, pool: Pool, outbox: Outbox) -> bool:
        clock = asyncio.get_running_loop().time
        until = clock() + self._config.work_seconds
        worked_at = clock()
        while not self._stop() and clock() < until:
            try:
                found = await self._tick(pool, outbox)
            except AWAY as error:
                LOG.warning("webhooks wait for the database: %s", error)
                found = False
                await asyncio.sleep(1)
            busy = found or any(lane.senders or lane.queue for lane in self._lanes.values())
            if busy:
                worked_at = clock()
            elif clock() - worked_at >= self._config.idle_seconds:
                return False
            await asyncio.sleep(_BUSY if found else self._config.look_seconds)
        return True

    async def _tick(self, pool: Pool, outbox: Outbox) -> bool:
        """One look; whether it found something to do."""
        async with pool.connection() as connection:
            rows = await _board(connection, self._config.backlog)
            numbers = await _number(connection, rows)
            for row in rows:
                self._lane(row, outbox)
            shed = [call for lane in self._lanes.values() for call in lane.shed()]
            await _give_back(connection, shed)
            found = await self._claim(connection, rows)
            for row in rows:
                found |= await self._fill(connection, row, numbers.get(row.tenant_id, row.last))
        self._start()
        return found

    def _lane(self, row: EndpointRow, outbox: Outbox) -> Lane:
        lane = self._lanes.get(row.id)
        if lane is None:
            wire = Wire(
                row=row,
                connector=self._connector,
                guard=self._config.guard,
                limits=self._config.limits,
                connect_seconds=self._config.connect_seconds,
            )
            lane = self._lanes[row.id] = Lane(wire, outbox.add)
        lane.renew(row)
        return lane

    async def _claim(self, connection: AsyncConnection, rows: Sequence[EndpointRow]) -> bool:
        quotas: dict[int, tuple[int, bool]] = {}
        for row in rows:
            lane = self._lanes[row.id]
            if not row.due:
                continue
            urgent = row.state != "active" or lane.resting()
            room = (1 if lane.probing and not urgent else _IN_HAND) - len(lane.queue) - len(lane.senders)
            if room > 0:
                quotas[row.id] = room, urgent
        if not quotas:
            return False
        calls = await _claim(connection, quotas, self._lease)
        for call in calls:
            self._lanes[call.endpoint_id].queue.append(call)
        return bool(calls)

    async def _fill(self, connection: AsyncConnection, row: EndpointRow, last: int) -> bool:
        """Events of the feed, for an endpoint that takes calls and has not too many waiting."""
        lane = self._lanes[row.id]
        if row.state != "active" or lane.resting():
            return False
        most = 1 if lane.probing else min(_IN_HAND, self._config.backlog - row.waiting)
        most -= len(lane.queue) + (len(lane.senders) if lane.probing else 0)
        if most <= 0 or (lane.probing and row.due):
            return False
        calls: list[Call] = []
        if last > row.position:
            calls += await fill_events(connection, row, most=most, lease=self._lease)
        if row.replay_id is not None and len(calls) < most:
            calls += await fill_replay(connection, row, most=most - len(calls), lease=self._lease)
        lane.queue.extend(calls)
        return bool(calls) or last > row.position + 1

    def _start(self) -> None:
        """Lanes that fail share a few places, so that many dead ones leave room for the rest."""
        config = self._config
        used = sum(len(lane.senders) for lane in self._lanes.values())
        failing = sum(len(lane.senders) for lane in self._lanes.values() if lane.failures)
        for lane in self._lanes.values():
            room = config.calls - used
            if lane.failures:
                room = min(room, config.failing_calls - failing)
            most = min(config.endpoint_calls, len(lane.senders) + max(0, room))
            started = lane.start(most)
            used += started
            failing += started if lane.failures else 0

    async def _wind_down(self, pool: Pool) -> None:
        left: dict[Any, Call] = {}
        for lane in self._lanes.values():
            lane.closing = True
            left |= {call.id: call for call in lane.take_back()}
        senders = [task for lane in self._lanes.values() for task in lane.senders]
        if senders:
            await asyncio.wait(senders, timeout=self._config.lease_seconds / 2)
        try:
            async with pool.connection() as connection:
                await _give_back(connection, list(left.values()))
        except AWAY as error:
            LOG.warning("%s calls come back when their lease ends: %s", len(left), error)


async def _take_slot(connection: AsyncConnection, slots: int) -> bool:
    for slot in range(slots):
        row = await (await connection.execute(TAKE_SLOT, [slot])).fetchone()
        if row is not None and row[0]:
            return True
    return False


async def _board(connection: AsyncConnection, backlog: int) -> list[EndpointRow]:
    async with connection.cursor(row_factory=class_row(EndpointRow)) as cursor:
        await cursor.execute(BOARD, {"backlog": backlog})
        return await cursor.fetchall()


async def _number(connection: AsyncConnection, rows: Sequence[EndpointRow]) -> dict[UUID, int]:
    """Numbers what is new for tenants that somebody listens to; the last number of each."""
    wanted: dict[UUID, list[EndpointRow]] = defaultdict(list)
    for row in rows:
        if row.fresh and row.state == "active":
            wanted[row.tenant_id].append(row)
    last = {}
    for tenant_id in sorted(wanted):
        found = await (await connection.execute(NUMBER, [tenant_id])).fetchone()
        last[tenant_id] = int(found[0]) if found is not None else 0
    return last


async def _claim(
    connection: AsyncConnection, quotas: dict[int, tuple[int, bool]], lease: timedelta
) -> list[Call]:
    values = {
        "endpoints": list(quotas),
        "quotas": [number for number, _ in quotas.values()],
        "urgent": [urgent for _, urgent in quotas.values()],
        "lease": lease,
    }
    async with connection.cursor(row_factory=class_row(Call)) as cursor:
        await cursor.execute(CLAIM, values)
        return await cursor.fetchall()


async def _give_back(connection: AsyncConnection, calls: Sequence[Call]) -> None:
    if calls:
        values = {
            "tenants": [call.tenant_id for call in calls],
            "ids": [call.id for call in calls],
            "attempts": [call.attempts for call in calls],
        }
        await connection.execute(GIVE_BACK, values)


def _pool(config: CourierConfig) -> Pool:
    return AsyncConnectionPool(
        config.database_url,
        min_size=1,
        max_size=3,
        timeout=10,
        open=False,
        kwargs={"autocommit": True, "application_name": "relay webhook run"},
    )
