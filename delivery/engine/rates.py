"""Allowances by rate, taken from Valkey in blocks; where Valkey does not answer, each run keeps its share."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from redis.asyncio import Redis
from redis.exceptions import RedisError

from relay_saas.mail.shaping_rate import Rate, Schedule

LOG = logging.getLogger(__name__)

#: Seconds that a block covers, after which what is left of it is given up, and a pause after a refusal.
_BLOCK: Final = 0.25
_HELD: Final = 2.0
_REFUSED: Final = 0.05
#: Seconds without a question after Valkey did not answer.
_AWAY: Final = 1.0
_IDLE_MILLISECONDS: Final = 3_600_000

#: GCRA over several keys by Valkey's own clock. A key that is not there (new, or flushed) begins empty:
#: what was spent before is not known, so that a flush gives nobody more.
_TAKE: Final = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local granted = {}
for i, key in ipairs(KEYS) do
  local step, burst, wanted = tonumber(ARGV[3 * i - 2]), tonumber(ARGV[3 * i - 1]), tonumber(ARGV[3 * i])
  local full = now + burst * step
  local due = tonumber(redis.call('GET', key) or full)
  due = math.min(math.max(due, now), full)
  local n = math.min(wanted, math.floor((full - due) / step))
  redis.call('SET', key, string.format('%.0f', due + n * step), 'PX', ARGV[#ARGV])
  granted[i] = n
end
return granted
"""


@dataclass(frozen=True, slots=True)
class Bucket:
    """One limit and its scope."""

    key: str
    rate: Rate


@dataclass(slots=True)
class _Block:
    """What this run has of one bucket."""

    left: int = 0
    taken_at: float = 0.0
    #: When to ask again after less was granted than wanted.
    again_at: float = 0.0
    #: For the time without Valkey.
    own: Schedule | None = None


@dataclass(slots=True)
class Allowances:
    """Of one run."""

    #: "" where there is no Valkey: then only the own share counts.
    url: str
    #: Runs that share.
    runs: int = 1
    _blocks: dict[Bucket, _Block] = field(default_factory=dict)
    _client: Redis | None = None
    _away_until: float = 0.0

    def left(self, bucket: Bucket, now: float) -> int:
        """Messages that may go without asking."""
        block = self._blocks.get(bucket)
        return block.left if block is not None and now - block.taken_at < _HELD else 0

    def spend(self, bucket: Bucket, n: int) -> None:
        """So many have gone."""
        self._blocks.setdefault(bucket, _Block()).left -= n

    async def fill(self, wanted: Mapping[Bucket, int], now: float) -> None:
        """Sees that each bucket has so much, as far as its rate allows; one question for all."""
        asked: dict[Bucket, int] = {}
        for bucket, n in wanted.items():
            block = self._blocks.setdefault(bucket, _Block())
            missing = n - self.left(bucket, now)
            if missing > 0 and now >= block.again_at:
                asked[bucket] = max(missing, min(bucket.rate.burst, bucket.rate.within(_BLOCK)))
        if not asked:
            return
        granted = await self._ask(asked, now)
        for bucket, n in asked.items():
            block = self._blocks[bucket]
            if granted[bucket]:
                block.left = self.left(bucket, now) + granted[bucket]
                block.taken_at = now
            if granted[bucket] < n:
                block.again_at = now + max(_REFUSED, min(1.0, bucket.rate.step / 2))

    async def close(self) -> None:
        """Ends the connection."""
        if self._client is not None:
            await self._client.aclose()

    async def _ask(self, asked: Mapping[Bucket, int], now: float) -> dict[Bucket, int]:
        if self.url and now >= self._away_until:
            try:
                return await self._ask_valkey(asked)
            except (RedisError, OSError) as error:
                LOG.warning("rates are kept by shares, Valkey does not answer: %s", error)
                self._away_until = now + _AWAY
        return {bucket: self._own(bucket).take(n, now) for bucket, n in asked.items()}

    async def _ask_valkey(self, asked: Mapping[Bucket, int]) -> dict[Bucket, int]:
        if self._client is None:
            self._client = Redis.from_url(self.url, socket_timeout=0.5, socket_connect_timeout=0.5)
        numbers: list[Any] = []
        for bucket, n in asked.items():
            numbers += [round(bucket.rate.step * 1_000_000), bucket.rate.burst, n]
        keys = [f"relay:rate:{bucket.key}" for bucket in asked]
        found = await self._client.eval(_TAKE, len(keys), *keys, *numbers, _IDLE_MILLISECONDS)
        return dict(zip(asked, map(int, found), strict=True))

    def _own(self, bucket: Bucket) -> Schedule:
        block = self._blocks[bucket]
        fresh = bucket.rate.shared(self.runs)
        if block.own is None or block.own.step != fresh.step:
            block.own = fresh
        return block.own
