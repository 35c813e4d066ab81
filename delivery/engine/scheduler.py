"""Decides what is claimed, for which channel, and how many senders serve it."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from delivery.engine import permits
from delivery.engine.channel import Channel, Source
from delivery.engine.claim import Lane, board, claim, quotas
from delivery.engine.content import Pool
from delivery.engine.job import Job
from delivery.engine.permits import Pair
from delivery.engine.policy import Policies
from delivery.engine.talk import Sender, Workshop
from delivery.engine.verdicts import BLOCKED, unsent

LOG = logging.getLogger(__name__)

_BOARD_SECONDS: Final = 0.4
#: A pair that wants more asks again after the first, all others after the second.
_ASK_SECONDS, _REVIEW_SECONDS = 1.0, 4.0
_LIMITS: Final = "select id, max_messages_per_connection from delivery_provider where id = any(%s)"


class Scheduler:
    """Of one run; `tick` is called by the run's loop."""

    def __init__(self, shop: Workshop, pool: Pool, run_id: UUID, sources: Sequence[Source]) -> None:
        self.channels: dict[Pair, Channel] = {}
        self._shop = shop
        self._pool = pool
        self._run_id = run_id
        self._sources = sources
        self._lanes: list[Lane] = []
        #: Every lane that was seen, by id: what a claimed job is compared with.
        self._known: dict[int, Lane] = {}
        self._served: dict[int, list[Channel]] = {}
        self.policies = Policies()
        self._read_at = 0.0
        self._granted: dict[Pair, int] = {}
        self._asked_at: dict[Pair, float] = {}
        self._max_messages: dict[int, int] = {}
        self._turn = 0

    @property
    def busy(self) -> bool:
        """Whether anything is waiting or being sent."""
        return any(channel.jobs or channel.active for channel in self.channels.values())

    @property
    def jobs(self) -> list[Job]:
        """What is claimed and not on the wire."""
        return [job for channel in self.channels.values() for job in channel.jobs]

    async def tick(self) -> int:
        """One round: look, claim, distribute; returns the number of entries claimed."""
        now = asyncio.get_running_loop().time()
        if now - self._read_at > _BOARD_SECONDS:
            await self._read_board()
            self._read_at = now
        wanted = self._wanted()
        jobs: list[Job] = []
        if wanted and not self._shop.outbox.full:
            async with self._pool.connection() as connection:
                jobs = await claim(connection, self._run_id, wanted)
            self._forget_drained(wanted, jobs)
            await self._distribute(jobs)
        await self._ask_permits(now)
        self._hire()
        self._turn += 1
        return len(jobs)

    def close(self) -> None:
        """No channel waits for more."""
        for channel in self.channels.values():
            channel.close()

    async def _read_board(self) -> None:
        pools = sorted({source.pool_id for source in self._sources})
        async with self._pool.connection() as connection:
            self.policies = await Policies.load(connection)
            lanes = await board(connection, pools=pools, sources=[one.id for one in self._sources])
            self._known.update((lane.id, lane) for lane in lanes)
            self._lanes = [lane for lane in lanes if self._serving(lane)]
            unknown = {lane.provider_id for lane in self._lanes} - self._max_messages.keys()
            if unknown:
                rows = await (await connection.execute(_LIMITS, [list(unknown)])).fetchall()
                self._max_messages.update(rows)
        self._served = {
            lane.id: [self._channel(source, lane) for source in self._serving(lane)] for lane in self._lanes
        }
        self._give_back_suspended()

    def _channel(self, source: Source, lane: Lane) -> Channel:
        if (source.id, lane.site_id) not in self.channels:
            self.channels[source.id, lane.site_id] = Channel(
                source=source,
                site_id=lane.site_id,
                provider_id=lane.provider_id,
                max_messages=self._max_messages[lane.provider_id],
            )
        return self.channels[source.id, lane.site_id]

    def _give_back_suspended(self) -> None:
        """What was claimed before a policy came and is not on the wire yet."""
        for channel in self.channels.values():
            for job in channel.remove(lambda job, served_by=channel.source.id: self._held(job, served_by)):
                self._shop.outbox.release(job)

    def _held(self, job: Job, source_id: int) -> bool:
        lane = self._known.get(job.lane_id)
        return lane is not None and self.policies.blocks(lane, source_id) is not None

    def _serving(self, lane: Lane) -> list[Source]:
        """Our sources that may serve a lane now: its own, or those of its pool, but no suspended one."""
        return [
            source
            for source in self._sources
            if (source.id == lane.source_id if lane.source_id is not None else source.pool_id == lane.pool_id)
            and self.policies.blocks(lane, source.id) is None
        ]

    def _wanted(self) -> dict[int, int]:
        """How much to claim per lane: as much as its channels have room, once that is worth a statement."""
        groups: dict[tuple[tuple[int, int], ...], list[Lane]] = defaultdict(list)
        for lane in self._lanes:
            groups[tuple(channel.key for channel in self._served[lane.id])].append(lane)
        wanted: dict[int, int] = {}
        for lanes in groups.values():
            serving = self._served[lanes[0].id]
            room = sum(channel.room for channel in serving if 2 * channel.room >= channel.look_ahead)
            if room:
                wanted |= quotas(lanes, room, self._turn)
        return wanted

    def _forget_drained(self, wanted: dict[int, int], jobs: Sequence[Job]) -> None:
        """A lane that gave less than was asked has no more due work until the next look."""
        got: dict[int, int] = defaultdict(int)
        for job in jobs:
            got[job.lane_id] += 1
        drained = {lane_id for lane_id, quota in wanted.items() if got[lane_id] < quota}
        self._lanes = [lane for lane in self._lanes if lane.id not in drained]

    async def _distribute(self, jobs: Sequence[Job]) -> None:
        contents = {(job.tenant_id, job.content_id) for job in jobs}
        # Warms the cache; what cannot be loaded becomes the job's own failure.
        await asyncio.gather(*(self._shop.contents.get(*key) for key in contents), return_exceptions=True)
        for job in jobs:
            if job.blocked:
                state = BLOCKED[job.blocked]
                self._shop.settle(job, unsent(job, self._shop.moment(), state, job.blocked))
            else:
                self._channel_for(job).push(job)

    def _channel_for(self, job: Job) -> Channel:
        """Of the channels that may serve it, the one with an idle session, else with most room."""
        return max(
            self._served[job.lane_id],
            key=lambda channel: (len(channel.waiting) - len(channel.jobs) > 0, channel.room),
        )

    async def _ask_permits(self, now: float) -> None:
        demand: dict[Pair, int] = defaultdict(int)
        held: dict[Pair, int] = defaultdict(int)
        for channel in self.channels.values():
            demand[channel.pair] += len(channel.senders) + channel.needed
            held[channel.pair] += len(channel.senders)
        due = {}
        for pair, wanted in demand.items():
            granted = self._granted.get(pair, 0)
            wait = _ASK_SECONDS if wanted > granted else _REVIEW_SECONDS
            if wanted != granted and now - self._asked_at.get(pair, -wait) >= wait:
                due[pair] = wanted
        if not due:
            return
        async with self._pool.connection() as connection:
            granted_now = await permits.adjust(connection, self._run_id, due, held)
        for pair, n in granted_now.items():
            self._granted[pair] = n
            self._asked_at[pair] = now
            self._dismiss(pair, held[pair] - n)

    def _dismiss(self, pair: Pair, surplus: int) -> None:
        for channel in self.channels.values():
            if surplus > 0 and channel.pair == pair:
                channel.excess = min(surplus, len(channel.senders))
                surplus -= channel.excess

    def _hire(self) -> None:
        """New senders where jobs wait, as far as the permits go."""
        free: dict[Pair, int] = dict(self._granted)
        for channel in self.channels.values():
            free[channel.pair] = free.get(channel.pair, 0) - len(channel.senders)
        for channel in self.channels.values():
            for _ in range(min(channel.needed, free[channel.pair])):
                free[channel.pair] -= 1
                task = asyncio.create_task(Sender(self._shop, channel).run())
                channel.senders.add(task)
                task.add_done_callback(channel.dismissed)
