"""How much may be claimed in one round: the room of channels, as far as rates, warm-up and permits allow."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from delivery.engine.channel import Channel
from delivery.engine.claim import Lane
from delivery.engine.content import Pool
from delivery.engine.lookout import Lookout
from delivery.engine.permits import Pair
from delivery.engine.rates import Allowances, Bucket

#: More than any room.
_ANY: Final = 1_000_000


class Allotment:
    """Of one round and stream: `fill`, then for each destination `room`, shared by `left` and `take`."""

    def __init__(
        self,
        lookout: Lookout,
        allowances: Allowances,
        *,
        untrusted_left: int,
        may_claim: Callable[[Channel], bool],
    ) -> None:
        self._lookout = lookout
        self._allowances = allowances
        self._untrusted_left = untrusted_left
        self._may_claim = may_claim
        self._tokens: dict[Bucket, int] = {}
        self._warm: dict[Pair, int] = {}
        self._rooms: dict[Pair, int] = {}

    async def fill(self, pool: Pool, lanes: Sequence[Lane], now: float) -> None:
        """Takes the allowances that these lanes could use now."""
        channels = {channel.key: channel for lane in lanes for channel in self._lookout.serving[lane.id]}
        self._rooms = {key: self._room(channel) for key, channel in channels.items()}
        wanted: dict[Bucket, int] = defaultdict(int)
        warm: dict[Pair, int] = defaultdict(int)
        for key, channel in channels.items():
            for bucket in channel.buckets if self._rooms[key] else ():
                wanted[bucket] += self._rooms[key]
            if self._rooms[key] and channel.pair in self._lookout.warmup.steps:
                warm[channel.pair] += self._rooms[key]
        for lane in lanes:
            room = sum(self._rooms[channel.key] for channel in self._lookout.serving[lane.id])
            for bucket in self._lookout.lane_buckets.get(lane.id, ()) if room else ():
                wanted[bucket] = max(wanted[bucket], room)
        if wanted:
            await self._allowances.fill(wanted, now)
        if warm:
            async with pool.connection() as connection:
                await self._lookout.warmup.fill(connection, warm)
        self._tokens = {bucket: self._allowances.left(bucket, now) for bucket in wanted}
        self._warm = {pair: self._lookout.warmup.left(pair) or 0 for pair in warm}

    def room(self, channels: Sequence[Channel]) -> int:
        """What may be claimed for these channels together; what it says counts as given."""
        total = 0
        for channel in channels:
            n = min(
                [
                    self._rooms[channel.key],
                    *(self._tokens.get(bucket, 0) for bucket in channel.buckets),
                    *(
                        [self._warm.get(channel.pair, 0)]
                        if channel.pair in self._lookout.warmup.steps
                        else []
                    ),
                ]
            )
            if n > 0 and not channel.trusted and not channel.connected:
                if self._untrusted_left < 1:
                    continue
                self._untrusted_left -= 1
            if n > 0:
                total += n
                self._rooms[channel.key] -= n
                _subtract(self._tokens, channel.buckets, n)
                _subtract(self._warm, [channel.pair], n)
        return total

    def left(self, lane: Lane) -> int:
        """What the rates of one lane alone allow."""
        buckets = self._lookout.lane_buckets.get(lane.id, ())
        return min((self._tokens.get(bucket, 0) for bucket in buckets), default=_ANY)

    def take(self, lane: Lane, n: int) -> None:
        """This lane is asked for so much."""
        _subtract(self._tokens, self._lookout.lane_buckets.get(lane.id, ()), n)

    def _room(self, channel: Channel) -> int:
        """None before it is worth a statement."""
        room = channel.room if self._may_claim(channel) else 0
        return room if 2 * room >= channel.look_ahead or not channel.connected else 0


def _subtract(left: dict[Any, int], keys: Iterable[Any], n: int) -> None:
    for key in keys:
        if key in left:
            left[key] -= n
