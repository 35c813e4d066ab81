"""The bell: queue runs hear at once that mail came, and where none listens, one is called.

A hint and nothing more: without Valkey runs look round by themselves, and beat asks every two seconds.
"""

import logging
import time
from collections.abc import Collection
from functools import lru_cache
from typing import Any, Final

from django.conf import settings
from redis import Redis
from redis.exceptions import RedisError

LOG = logging.getLogger(__name__)

#: Milliseconds within which a run that was called is not called again: it takes a while to listen.
_CALLED: Final = 1000
#: Seconds that an answer of Valkey may take, and that nobody asks after one did not come.
_PATIENCE: Final = 0.25
_REST: Final = 5.0
#: The numbers (from 1) of those channels at which nobody listens and nobody was called.
_RING: Final = """
local unheard = {}
for i, channel in ipairs(KEYS) do
  if redis.call('PUBLISH', channel, '') == 0 and redis.call('SET', channel, '', 'NX', 'PX', ARGV[1]) then
    unheard[#unheard + 1] = i
  end
end
return unheard
"""


class _Shut:
    """Until when Valkey is not asked."""

    until: float = 0.0


def channel(pool_id: int) -> str:
    """Where the runs that speak from a pool's addresses listen."""
    return f"relay:bell:{pool_id}"


def ring(pools: Collection[int]) -> list[int]:
    """Tells of mail that may go now; the pools for which a run has to be called."""
    if time.monotonic() < _Shut.until:
        return []
    asked = list(pools)
    try:
        unheard = _script()(keys=[channel(pool_id) for pool_id in asked], args=[_CALLED])
    except (RedisError, OSError):
        _Shut.until = time.monotonic() + _REST
        LOG.warning("the bell is silent for %s s: Valkey does not answer", _REST, exc_info=True)
        return []
    return [asked[number - 1] for number in unheard]


@lru_cache(maxsize=1)
def _script() -> Any:
    server = Redis.from_url(settings.REDIS_URL, socket_timeout=_PATIENCE, socket_connect_timeout=_PATIENCE)
    return server.register_script(_RING)
