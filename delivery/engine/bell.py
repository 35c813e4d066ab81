"""A run's end of the bell: hears that mail came; deaf without Valkey, and then the run looks by itself."""

import asyncio
import logging
from collections.abc import Collection
from contextlib import suppress
from typing import Final

from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

from delivery.engine.stopping import end
from delivery.services.bell import channel

LOG = logging.getLogger(__name__)

#: Seconds that Valkey may take to answer, and a pause after it did not.
_PATIENCE: Final = 0.5
_AWAY: Final = 1.0


class Bell:
    """Of one run, for the pools that it speaks from."""

    def __init__(self, url: str, pools: Collection[int]) -> None:
        #: How often it has rung.
        self.rings = 0
        self._url = url
        self._channels = [channel(pool_id) for pool_id in pools]
        self._next = asyncio.Event()
        self._heard: PubSub | None = None
        self._task: asyncio.Task[None] | None = None

    def open(self) -> None:
        """Listens from soon on; it rings once then, for what came before."""
        if self._url and self._channels:
            self._task = asyncio.create_task(self._listen())

    def ring(self) -> None:
        """Wakes everybody who waits."""
        self.rings += 1
        self._next.set()
        self._next = asyncio.Event()

    async def wait(self, seconds: float, *, since: int) -> None:
        """Until it has rung more often than `since`, at most so long."""
        if self.rings == since:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._next.wait()

    async def close(self) -> None:
        """From now on others are called; what was told before has rung when this returns."""
        if self._task is None:
            return
        if self._heard is not None:
            with suppress(TimeoutError, RedisError, OSError):
                async with asyncio.timeout(_PATIENCE):
                    await self._heard.unsubscribe()
                    await self._task
        await end([self._task])
        self._task = None

    async def _listen(self) -> None:
        while True:
            try:
                async with (
                    Redis.from_url(
                        self._url, socket_timeout=None, socket_connect_timeout=_PATIENCE
                    ) as valkey,
                    valkey.pubsub() as self._heard,
                ):
                    await self._heard.subscribe(*self._channels)
                    async for told in self._heard.listen():
                        if told["type"] in {"subscribe", "message"}:
                            self.ring()
                    return
            except (RedisError, OSError) as error:
                LOG.warning("nobody hears the bell for %s s: %s", _AWAY, error)
            finally:
                self._heard = None
            await asyncio.sleep(_AWAY)
