"""Collects outcomes and writes them every 500, or four times a second, for as long as it takes."""

import asyncio
import logging
from collections.abc import Sequence
from typing import Final

import psycopg
from psycopg_pool import PoolTimeout

from delivery.engine.claim import release
from delivery.engine.content import Pool
from delivery.engine.job import Job, Record, Release
from delivery.engine.record import Recorder
from delivery.engine.strays import bring_home

LOG = logging.getLogger(__name__)

_BATCH: Final = 500
#: A statement costs PostgreSQL as much as 50 of its rows, so small batches are worth a wait.
_SECONDS: Final = 0.25
_PAUSE: Final = 0.5
#: Outcomes that wait for the database; beyond this nothing more is claimed.
FULL: Final = 2000


class Outbox:
    """Of one run. What cannot be written stays in the journal, and here until the database is back."""

    def __init__(self, pool: Pool, recorder: Recorder) -> None:
        self._pool = pool
        self._recorder = recorder
        self._records: list[Record] = []
        self._releases: list[Release] = []
        self._enough = asyncio.Event()
        self._closing = False

    @property
    def full(self) -> bool:
        """Whether the database does not keep up."""
        return len(self._records) > FULL

    def record(self, record: Record) -> None:
        """An attempt that was made."""
        self._records.append(record)
        if len(self._records) >= _BATCH:
            self._enough.set()

    def release(self, job: Job) -> None:
        """An entry that was not tried."""
        self._releases.append(release(job))

    async def run(self) -> None:
        """Writes until `close`."""
        while not self._closing or self._records or self._releases:
            try:
                async with asyncio.timeout(_SECONDS):
                    await self._enough.wait()
            except TimeoutError:
                pass
            self._enough.clear()
            try:
                await self._flush()
            except (psycopg.OperationalError, PoolTimeout) as error:
                LOG.warning("outcomes wait for the database: %s", error)
                await asyncio.sleep(_PAUSE)

    def close(self) -> None:
        """Lets `run` end once everything is written."""
        self._closing = True
        self._enough.set()

    async def _flush(self) -> None:
        records, releases = self._records[:_BATCH], self._releases[:]
        if not records and not releases:
            return
        async with self._pool.connection() as connection:
            await self._recorder.release(connection, releases)
            del self._releases[: len(releases)]
            await self._write(connection, records)
            del self._records[: len(records)]
            await bring_home(connection, [*releases, *(record for record in records if not record.final)])
        if len(self._records) >= _BATCH:
            self._enough.set()

    async def _write(self, connection: psycopg.AsyncConnection, records: Sequence[Record]) -> None:
        try:
            await self._recorder.write(connection, records)
        except psycopg.OperationalError:
            raise
        except psycopg.Error:
            LOG.exception("a batch of outcomes was refused; they are written one by one")
            for record in records:
                await self._write_one(connection, record)

    async def _write_one(self, connection: psycopg.AsyncConnection, record: Record) -> None:
        try:
            await self._recorder.write(connection, [record])
        except psycopg.OperationalError:
            raise
        except psycopg.Error:
            # It stays leased, and in the journal: nothing is sent twice, and the row can be found.
            LOG.exception("the outcome of message %s cannot be written", record.message_id)
