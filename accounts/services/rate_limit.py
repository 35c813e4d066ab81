"""Requests in a second by key: a token bucket in Valkey, shared by all servers; open where Valkey is away."""

import logging
import math
import time
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from redis import Redis
from redis.exceptions import RedisError

LOG = logging.getLogger(__name__)

#: A bucket holds what may come in this many seconds at once.
BURST_SECONDS: Final = 2
#: Seconds that an answer of Valkey may take, and that nobody asks after one did not come.
_PATIENCE: Final = 0.25
_REST: Final = 5.0
#: Tokens, and whether one was taken. Time is Valkey's own: servers' clocks differ.
_TAKE: Final = """
local rate, size = tonumber(ARGV[1]), tonumber(ARGV[2])
local now = redis.call('TIME')
local at = tonumber(now[1]) + tonumber(now[2]) / 1000000
local kept = redis.call('HMGET', KEYS[1], 'n', 'at')
local n = math.min(size, tonumber(kept[1] or size) + math.max(0, at - tonumber(kept[2] or at)) * rate)
local taken = 0
if n >= 1 then n = n - 1 taken = 1 end
redis.call('HSET', KEYS[1], 'n', tostring(n), 'at', string.format('%.6f', at))
redis.call('PEXPIRE', KEYS[1], math.ceil(size / rate * 1000) + 1000)
return {taken, tostring(n)}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What is left in a key's bucket."""

    allowed: bool
    left: float
    rate: int

    @property
    def size(self) -> int:
        """Requests at once."""
        return self.rate * BURST_SECONDS

    @property
    def wait(self) -> int:
        """Whole seconds until another request may come."""
        return max(1, math.ceil((1 - self.left) / self.rate))

    def headers(self) -> dict[str, str]:
        """RateLimit fields (draft-ietf-httpapi-ratelimit-headers)."""
        full = math.ceil((self.size - self.left) / self.rate)
        found = {
            "RateLimit-Policy": f'"key";q={self.size};w={BURST_SECONDS}',
            "RateLimit": f'"key";r={max(0, math.floor(self.left))};t={full}',
        }
        return found if self.allowed else {**found, "Retry-After": str(self.wait)}


class _Shut:
    """Until when Valkey is not asked."""

    until: float = 0.0


def take(*, tenant_id: UUID, key_id: int, rate: int | None) -> Allowance | None:
    """Takes one request from the key's bucket; None: Valkey is away, and nobody is held up for that."""
    if time.monotonic() < _Shut.until:
        return None
    rate = rate or settings.RELAY_API_RATE
    name = f"relay:api-rate:{tenant_id}:{key_id}"
    try:
        taken, left = _script()(keys=[name], args=[rate, rate * BURST_SECONDS])
    except (RedisError, OSError):
        _Shut.until = time.monotonic() + _REST
        LOG.warning("requests are not limited for %s s: Valkey does not answer", _REST, exc_info=True)
        return None
    return Allowance(allowed=bool(taken), left=float(left), rate=rate)


@lru_cache(maxsize=1)
def _script() -> Any:
    server = Redis.from_url(settings.REDIS_URL, socket_timeout=_PATIENCE, socket_connect_timeout=_PATIENCE)
    return server.register_script(_TAKE)
