"""Decides what is claimed, for which channel, and how many senders serve it."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from delivery.engine.allotment import Allotment
from delivery.engine.bell import Bell
from delivery.engine.channel import Channel, Source
from delivery.engine.claim import Lane, claim
from delivery.engine.content import Pool
from delivery.engine.crew import Crew
from delivery.engine.fair import Turns, streams
from delivery.engine.job import Job
from delivery.engine.lookout import Lookout
from delivery.engine.permits import Pair
from delivery.engine.rates import Allowances
from delivery.engine.talk import Workshop
from delivery.engine.verdicts import BLOCKED, unsent

_LOOK_SECONDS: Final = 0.4
#: The same where the bell has rung.
_SOON: Final = 0.05
#: Entries of one claim, about: more do not fit into the socket, and the database would wait for us to read.
_MOST: Final = 64
#: Claims of a round.
_CLAIMS: Final = 6
#: What takes longer is not waited for with everything else.
_SLOW_SECONDS: Final = 2.0


class Scheduler:
    """Of one run; `tick` is called by the run's loop."""

    def __init__(
        self, shop: Workshop, pool: Pool, run_id: UUID, sources: Sequence[Source], bell: Bell
    ) -> None:
        self._shop = shop
        self._pool = pool
        self._run_id = run_id
        self._lookout = Lookout(sources, shop.manners)
        self._crew = Crew(shop, pool, run_id)
        self._allowances = Allowances(shop.config.valkey_url)
        self._turns = Turns(shop.random.random)
        self._looked_at = self._glanced_at = 0.0
        self._bell = bell
        self._heard = bell.rings
        #: Loop time at which the run's time was over.
        self._over_at: float | None = None

    @property
    def channels(self) -> dict[Pair, Channel]:
        """By source and site."""
        return self._lookout.channels

    @property
    def busy(self) -> bool:
        """Whether anything is waiting or being sent."""
        return any(channel.jobs or channel.active for channel in self.channels.values())

    @property
    def told(self) -> bool:
        """Whether the bell has rung since the last look."""
        return self._bell.rings != self._heard

    @property
    def jobs(self) -> list[Job]:
        """What is claimed and not on the wire."""
        return [job for channel in self.channels.values() for job in channel.jobs]

    async def tick(self) -> int:
        """One round: look, ask, claim, distribute, hire; returns the number of entries claimed."""
        now = asyncio.get_running_loop().time()
        if now - self._looked_at > _LOOK_SECONDS:
            await self._look(now)
        elif self.told and now - self._glanced_at > _SOON:
            await self._glance(now)
        await self._crew.ask(list(self.channels.values()), self._due(), now)
        claimed = 0
        # One stream after the other: what the higher one does not fill is left for the lower one.
        for stream in streams(self._lookout.lanes):
            if not self._shop.outbox.full:
                claimed += await self._claim_all(stream, now)
        self._crew.hire(self.channels)
        return claimed

    async def _look(self, now: float) -> None:
        self._heard = self._bell.rings
        async with self._pool.connection() as connection:
            await self._lookout.look(connection)
        self._allowances.runs = self._lookout.runs
        self._looked_at = self._glanced_at = now
        self._give_back_suspended()

    async def _glance(self, now: float) -> None:
        """The bell has rung: what is due now."""
        self._heard = self._bell.rings
        async with self._pool.connection() as connection:
            enough = await self._lookout.glance(connection)
        if enough:
            self._glanced_at = now
        else:
            await self._look(now)

    def finish_slow(self) -> bool:
        """When the run's time is over: whether something slow may be under way; asked until it is not.

        Where servers do not answer that takes a while, which nobody else should have to wait for: their
        channels end first, no unknown site is begun with, and all others go on.
        """
        now = asyncio.get_running_loop().time()
        self._over_at = self._over_at or now
        before = now - _SLOW_SECONDS
        slow = [channel for channel in self.channels.values() if channel.slow(before)]
        for channel in slow:
            channel.close()
            if channel.connected:
                self.give_back(channel)
        # What was begun just now has not shown yet whether it is slow.
        return bool(slow) or self._over_at > before

    def give_back(self, channel: Channel) -> None:
        """All that waits for this channel."""
        held = channel.drain()
        self._shop.manners.untried(channel, len(held))
        for job in held:
            self._shop.outbox.release(job)

    def close(self) -> None:
        """No channel waits for more."""
        for channel in self.channels.values():
            channel.close()

    async def leave(self) -> None:
        """After the last outcome: what was learned and not used goes to the other runs."""
        async with self._pool.connection() as connection:
            await self._lookout.close(connection)
        await self._allowances.close()

    def _due(self) -> list[Channel]:
        due = {
            channel.key: channel for lane in self._lookout.lanes for channel in self._lookout.serving[lane.id]
        }
        return list(due.values())

    def _give_back_suspended(self) -> None:
        """What was claimed before a policy came and is not on the wire yet."""
        for channel in self.channels.values():
            source_id = channel.source.id
            held = channel.remove(lambda job: self._lookout.suspends(job.lane_id, source_id))  # noqa: B023 - used at once
            self._shop.manners.untried(channel, len(held))
            for job in held:
                self._shop.outbox.release(job)

    async def _claim_all(self, lanes: Sequence[Lane], now: float) -> int:
        claimed = 0
        for _ in range(_CLAIMS):
            found = await self._claim(lanes, now)
            claimed += found
            # Who rings waits, and what it has brought may go before the rest.
            if found < _MOST or self.told:
                break
            left = {lane.id for lane in self._lookout.lanes}
            lanes = [lane for lane in lanes if lane.id in left]
        return claimed

    async def _claim(self, lanes: Sequence[Lane], now: float) -> int:
        wanted = await self._wanted(lanes, now)
        if not wanted:
            return 0
        async with self._pool.connection() as connection:
            jobs = await claim(connection, self._run_id, wanted, self._lookout.places.known)
        # A lane that gave less than was asked has no more due work until the next look.
        self._lookout.forget(self._lookout.places.learn(wanted, jobs))
        await self._distribute(jobs)
        return len(jobs)

    async def _wanted(self, lanes: Sequence[Lane], now: float) -> dict[int, int]:
        """How much to claim of each lane: as its channels have room and its rates allow, in fair turns."""
        groups: dict[tuple[Pair, ...], list[Lane]] = defaultdict(list)
        for lane in lanes:
            groups[tuple(channel.key for channel in self._lookout.serving[lane.id])].append(lane)
        allotment = Allotment(
            self._lookout,
            self._allowances,
            untrusted_left=self._crew.untrusted_left(self.channels.values()) if self._over_at is None else 0,
            may_claim=self._crew.may_claim,
        )
        await allotment.fill(self._pool, lanes, now)
        wanted: dict[int, int] = {}
        for keys in self._turns.order(list(groups)):
            if sum(wanted.values()) >= _MOST:
                break
            group = groups[keys]  # type: ignore[index]  # one of its own keys
            room = allotment.room([self.channels[key] for key in keys])  # type: ignore[attr-defined]  # as above
            if room:
                found = self._turns.share(group, room, allotment)
                wanted |= found
                self._turns.served(keys)
        return wanted

    async def _distribute(self, jobs: Sequence[Job]) -> None:
        contents = {(job.tenant_id, job.content_id) for job in jobs}
        # Warms the cache; what cannot be loaded becomes the job's own failure.
        await asyncio.gather(*(self._shop.contents.get(*key) for key in contents), return_exceptions=True)
        for job in jobs:
            if job.blocked:
                state = BLOCKED[job.blocked]
                self._shop.settle(job, unsent(job, self._shop.moment(), state, job.blocked))
            else:
                channel = self._channel_for(job)
                self._spend(job, channel)
                channel.push(job)

    def _spend(self, job: Job, channel: Channel) -> None:
        for bucket in (*channel.buckets, *self._lookout.lane_buckets.get(job.lane_id, ())):
            self._allowances.spend(bucket, 1)
        self._lookout.warmup.spend(channel.pair, 1)

    def _channel_for(self, job: Job) -> Channel:
        """Of the channels that may serve it, the one with an idle session, else with most room."""
        now = asyncio.get_running_loop().time()

        def worth(channel: Channel) -> tuple[bool, bool, int]:
            allowed = self._allowed(channel, now)
            return allowed, len(channel.waiting) - len(channel.jobs) > 0, channel.room

        return max(self._lookout.serving[job.lane_id], key=worth)

    def _allowed(self, channel: Channel, now: float) -> bool:
        left = self._lookout.warmup.left(channel.pair)
        return left != 0 and all(self._allowances.left(bucket, now) > 0 for bucket in channel.buckets)
