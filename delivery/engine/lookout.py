"""What a run sees when it looks round: lanes with due work, what is allowed now, what others have learned."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Final

from psycopg import AsyncConnection

from delivery.engine.channel import Channel, Source
from delivery.engine.claim import Lane, board
from delivery.engine.limits import Overrides, Standing
from delivery.engine.manners import Manners, begin_again, read, take_probes
from delivery.engine.places import Places
from delivery.engine.policy import Policies
from delivery.engine.rates import Bucket
from delivery.engine.shape import shaping
from delivery.engine.warmup import Warmup
from relay_saas.mail.shaping_feedback import Feedback

#: Seconds after which what was learned is shared, when no rule was heard.
_SHARE_SECONDS: Final = 2.0
_PROVIDERS: Final = "select id, name from delivery_provider where id = any(%s)"
_RUNS: Final = """
select count(*), count(*) filter (
  where r.host in (select s.host from delivery_egresssource s where s.id = any(%s)))
from delivery_queuerun r where r.closed_at is null
"""


class Lookout:
    """Of one run; `look` renews everything."""

    def __init__(self, sources: Sequence[Source], manners: Manners) -> None:
        self.channels: dict[tuple[int, int], Channel] = {}
        #: Lanes with due work that may go now, each with the channels that may serve it.
        self.lanes: list[Lane] = []
        self.serving: dict[int, list[Channel]] = {}
        #: Rates of single lanes beside their channels'.
        self.lane_buckets: dict[int, list[Bucket]] = {}
        #: How far into the lanes this run has come.
        self.places = Places()
        self.standing = Standing(Overrides(), Policies())
        self.warmup = Warmup()
        #: Runs that live on all hosts, and those of them that speak from our addresses.
        self.runs, self.beside = 1, 1
        self._sources = sources
        self._manners = manners
        self._known: dict[int, Lane] = {}
        self._providers: dict[int, str] = {}
        self._suspended: set[tuple[int, int]] = set()
        #: Source and provider of everything that was due at the last look.
        self._pairs: set[tuple[int, int]] = set()
        self._shared_at = 0.0

    async def look(self, connection: AsyncConnection) -> None:
        """One round."""
        await self._share(connection)
        policies = await Policies.load(connection)
        self.standing = Standing(await Overrides.load(connection), policies)
        self._manners.policies = policies
        self.places.renew(asyncio.get_running_loop().time())
        lanes = await self._due(connection)
        await self._learn_names(connection, {lane.provider_id for lane in lanes})
        self.runs, self.beside = await self._count(connection)
        await self._make_channels(connection, lanes)
        self._apply_limits()
        await begin_again(connection, self._free_again())
        self._serve(lanes)
        self._pairs = {channel.pair for channels in self.serving.values() for channel in channels}
        await self.warmup.load(connection, sorted(self._pairs))
        self._manners.warming = set(self.warmup.steps)
        due = {channel.key: channel for channels in self.serving.values() for channel in channels}
        await take_probes(connection, list(due.values()))

    async def glance(self, connection: AsyncConnection) -> bool:
        """Only which lanes are due, by all else that the last look learned; False where that is not enough.

        A look asks ten questions, and in a busy run each waits until everybody has had their turn.
        """
        lanes = await self._due(connection)
        keys = {(source.id, lane.site_id) for lane in lanes for source in self._sources_of(lane)}
        if not keys <= self.channels.keys() or not {self.channels[key].pair for key in keys} <= self._pairs:
            return False
        self._serve(lanes)
        return True

    def forget(self, drained: Iterable[int]) -> None:
        """These lanes have no more due work until the next look."""
        gone = set(drained)
        self.lanes = [lane for lane in self.lanes if lane.id not in gone]

    def suspends(self, lane_id: int, source_id: int) -> bool:
        """Whether a claimed job of this lane must not go from that source any more."""
        lane = self._known.get(lane_id)
        return lane is not None and self.standing.policies.blocks(lane, source_id) is not None

    async def close(self, connection: AsyncConnection) -> None:
        """Leaves what was learned, and what was not used, to the others."""
        await self._share(connection, now=True)
        await self.warmup.close(connection)

    async def _due(self, connection: AsyncConnection) -> list[Lane]:
        pools = sorted({source.pool_id for source in self._sources})
        sources = [source.id for source in self._sources]
        lanes = await board(connection, pools=pools, sources=sources, places=self.places.known)
        self.places.keep(lane.id for lane in lanes)
        self._known.update((lane.id, lane) for lane in lanes)
        return lanes

    def _serve(self, lanes: Sequence[Lane]) -> None:
        self.serving = {lane.id: self._serving(lane) for lane in lanes}
        self.lanes = [lane for lane in lanes if self.serving[lane.id]]
        self._apply_lane_rates()

    async def _share(self, connection: AsyncConnection, *, now: bool = False) -> None:
        time = asyncio.get_running_loop().time()
        urgent = self._manners.urgent or any(channel.news for channel in self.channels.values())
        if not (now or urgent or time - self._shared_at >= _SHARE_SECONDS):
            return
        self._shared_at = time
        await self._manners.share(connection, self.channels.values())
        refunds = dict(self._manners.refunds)
        self._manners.refunds.clear()
        await self.warmup.give_back(connection, refunds)

    async def _learn_names(self, connection: AsyncConnection, providers: set[int]) -> None:
        unknown = providers - self._providers.keys()
        if unknown:
            rows = await (await connection.execute(_PROVIDERS, [list(unknown)])).fetchall()
            self._providers.update(rows)

    async def _make_channels(self, connection: AsyncConnection, lanes: Sequence[Lane]) -> None:
        fresh = []
        for lane in lanes:
            limits = shaping().named(self._providers[lane.provider_id])
            for source in self._sources_of(lane):
                if (source.id, lane.site_id) not in self.channels:
                    channel = Channel(
                        source=source,
                        site_id=lane.site_id,
                        provider_id=lane.provider_id,
                        limits=limits,
                        feedback=Feedback(connections=limits.start_connections),
                    )
                    self.channels[channel.key] = channel
                    fresh.append(channel)
        if fresh:
            await read(connection, fresh)

    def _apply_limits(self) -> None:
        for channel in self.channels.values():
            limits = self.standing.limits(self._providers[channel.provider_id], channel)
            if not channel.proven and channel.feedback.delta == 0:
                channel.feedback.connections = limits.start_connections
            channel.limits = limits
            channel.buckets = self.standing.rates(limits, channel)
            channel.sessions = channel.feedback.allowed(limit=limits.max_connections, runs=self.beside)

    def _apply_lane_rates(self) -> None:
        found = {
            lane.id: {
                bucket for where in self.serving[lane.id] for bucket in self.standing.lane_rates(lane, where)
            }
            for lane in self.lanes
        }
        self.lane_buckets = {lane_id: list(buckets) for lane_id, buckets in found.items() if buckets}

    def _free_again(self) -> list[Channel]:
        """The channels whose suspension has ended since the last look."""
        held = {key for key, channel in self.channels.items() if self.standing.suspends(channel) is not None}
        freed, self._suspended = self._suspended - held, held
        return [self.channels[key] for key in freed]

    def _sources_of(self, lane: Lane) -> list[Source]:
        if lane.source_id is not None:
            return [source for source in self._sources if source.id == lane.source_id]
        pool = [source for source in self._sources if source.pool_id == lane.pool_id]
        # Where no source can speak to the site, the attempt says so.
        return [source for source in pool if source.reaches(lane.families)] or pool

    def _serving(self, lane: Lane) -> list[Channel]:
        """The channels that may serve a lane now, none that a policy suspends."""
        return [
            self.channels[source.id, lane.site_id]
            for source in self._sources_of(lane)
            if self.standing.policies.blocks(lane, source.id) is None
        ]

    async def _count(self, connection: AsyncConnection) -> tuple[int, int]:
        ids = [source.id for source in self._sources]
        row = await (await connection.execute(_RUNS, [ids])).fetchone()
        return (max(1, row[0]), max(1, row[1])) if row else (1, 1)
