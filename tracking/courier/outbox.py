"""Writes what became of calls, in batches."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from random import Random
from typing import Final

import psycopg
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from tracking.courier.endpoint import Made
from tracking.courier.plan import GIVE_UP, Verdict, rest
from tracking.courier.sql import LEARN, WRITE

LOG = logging.getLogger(__name__)

_PAUSE: Final = 0.05
_BATCH: Final = 500
#: What a loop survives: the database is away for a while.
AWAY: Final = (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout)
Pool = AsyncConnectionPool[AsyncConnection]


class Outbox:
    """One per run; `run` writes until it is closed and empty. `failures` tells an endpoint's count so far."""

    def __init__(self, pool: Pool, failures: Callable[[int], int]) -> None:
        self._pool = pool
        self._failures = failures
        self._waiting: list[Made] = []
        self._closed = False
        self._random = Random()

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, made: Made) -> None:
        """Keeps it for the next batch."""
        self._waiting.append(made)

    def close(self) -> None:
        """Ends `run` once everything is written."""
        self._closed = True

    async def run(self) -> None:
        """Writes for as long as the run works."""
        while not (self._closed and not self._waiting):
            await self.flush()
            if not self._closed:
                await asyncio.sleep(_PAUSE)

    async def flush(self) -> None:
        """One batch; what could not be written waits for the next."""
        batch, self._waiting = self._waiting[:_BATCH], self._waiting[_BATCH:]
        if not batch:
            return
        try:
            async with self._pool.connection() as connection, connection.transaction():
                await connection.execute(WRITE, _columns(batch))
                await connection.execute(LEARN, self._lessons(batch))
        except AWAY as error:
            LOG.warning("outcomes of webhooks wait for the database: %s", error)
            self._waiting = batch + self._waiting
            await asyncio.sleep(1)

    def _lessons(self, batch: Sequence[Made]) -> dict[str, object]:
        by_endpoint: dict[int, list[Made]] = defaultdict(list)
        for made in sorted(batch, key=lambda made: made.at):
            by_endpoint[made.call.endpoint_id].append(made)
        rows = [self._lesson(endpoint_id, by_endpoint[endpoint_id]) for endpoint_id in sorted(by_endpoint)]
        names = ("tenants", "ids", "goods", "failures", "opens", "errors", "gones")
        return dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)) | {"give_up": GIVE_UP}

    def _lesson(self, endpoint_id: int, mades: Sequence[Made]) -> tuple[object, ...]:
        failures = 0
        for made in mades:
            failures = 0 if made.verdict == Verdict.DELIVERED else failures + 1
        pause = rest(self._failures(endpoint_id), self._random)
        errors = [str(made.status or made.error) for made in mades if made.verdict != Verdict.DELIVERED]
        return (
            mades[0].call.tenant_id,
            endpoint_id,
            any(made.verdict == Verdict.DELIVERED for made in mades),
            failures,
            datetime.now(UTC) + pause if pause is not None else None,
            errors[-1] if errors else "",
            any(made.gone for made in mades),
        )


def _columns(batch: Sequence[Made]) -> dict[str, object]:
    return {
        "tenants": [made.call.tenant_id for made in batch],
        "calls": [made.call.id for made in batch],
        "endpoints": [made.call.endpoint_id for made in batch],
        "numbers": [made.call.attempts + 1 for made in batch],
        "ats": [made.at for made in batch],
        "ms": [made.milliseconds for made in batch],
        "addresses": [made.address for made in batch],
        "requests": [made.request_headers for made in batch],
        "statuses": [made.status for made in batch],
        "errors": [made.error for made in batch],
        "details": [made.detail for made in batch],
        "headers": [made.response_headers for made in batch],
        "bodies": [made.response_body for made in batch],
        "cuts": [made.response_cut for made in batch],
        "verdicts": [made.verdict for made in batch],
        "nexts": [made.next_at for made in batch],
    }
