"""Writes outcomes in batches: attempts, queue, counters, replies, suppressions in one transaction."""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from psycopg import AsyncConnection

from delivery.engine.consequences import follow
from delivery.engine.endpoints import Endpoints
from delivery.engine.job import Record, Release
from delivery.engine.record_sql import (
    PIN_LANE,
    READ_REPLIES,
    RELEASE,
    TRANSCRIPTS,
    WRITE,
    WRITE_REPLIES,
)
from delivery.engine.reply_text import digest, normalise

_REMEMBERED: Final = 20_000


class Recorder:
    """Turns records into rows; remembers replies and lanes. One per run, or per take-back."""

    def __init__(self, run_id: UUID, shard: int) -> None:
        self.run_id = run_id
        self.shard = shard
        #: Ids in the dictionary, by tenant and normalised text.
        self._replies: OrderedDict[tuple[UUID, str], int] = OrderedDict()
        self._lanes: dict[tuple[int, int], int] = {}
        self._endpoints = Endpoints()

    async def write(self, connection: AsyncConnection, records: Sequence[Record]) -> int:
        """Writes what is still ours by run and fence; returns how many. A repeated call writes nothing."""
        if not records:
            return 0
        try:
            async with connection.transaction():
                return await self._write(connection, records)
        except BaseException:
            # What was learned in the transaction went with it.
            self._replies.clear()
            self._lanes.clear()
            self._endpoints.ids.clear()
            raise

    async def _write(self, connection: AsyncConnection, records: Sequence[Record]) -> int:
        texts = [normalise(record.reply) if record.reply else "" for record in records]
        await self._learn_replies(connection, records, texts)
        spoken_to = {record.endpoint for record in records}
        await self._endpoints.learn(connection, (one for one in spoken_to if one is not None))
        await self._learn_lanes(connection, records)
        columns = self._kinds(records, texts) | _rows(records)
        self._forget_replies()
        found = await connection.execute(WRITE, {"run": self.run_id, "shard": self.shard} | columns)
        written = {row[0] for row in await found.fetchall()}
        mine = [record for record in records if record.message_id in written]
        await _write_transcripts(connection, mine)
        await follow(connection, mine)
        return len(written)

    async def release(self, connection: AsyncConnection, releases: Sequence[Release]) -> None:
        """Gives entries back that were not tried; they are due at once."""
        if releases:
            await connection.execute(
                RELEASE,
                {
                    "run": self.run_id,
                    "tenants": [release.tenant_id for release in releases],
                    "messages": [release.message_id for release in releases],
                    "fences": [release.fence for release in releases],
                },
            )

    def _kinds(self, records: Sequence[Record], texts: Sequence[str]) -> dict[str, Any]:
        """What several outcomes share, each once, and which of it every outcome has."""
        numbers: dict[tuple[Any, ...], int] = {}
        kinds: list[int] = []
        endpoint_ids = self._endpoints.ids
        for record, text in zip(records, texts, strict=True):
            reply_id = self._replies.get((record.tenant_id, text)) if text else None
            kind = (
                record.campaign_id,
                self._lane_id(record),
                record.state.value,
                record.final,
                record.category,
                record.code,
                record.enhanced,
                record.stage,
                record.rule,
                reply_id,
                record.host,
                record.provider_id,
                record.source_id,
                record.tls,
                endpoint_ids[record.endpoint] if record.endpoint is not None else None,
            )
            kinds.append(numbers.setdefault(kind, len(numbers) + 1))
        columns = dict(zip(_KIND, map(list, zip(*numbers, strict=True)), strict=True))
        return columns | {"kinds": _array(kinds)}

    def _lane_id(self, record: Record) -> int:
        """A message that was deferred stays with the source that it spoke from (greylisting)."""
        if record.final or record.source_id is None:
            return record.lane_id
        return self._lanes.get((record.lane_id, record.source_id), record.lane_id)

    async def _learn_replies(
        self, connection: AsyncConnection, records: Sequence[Record], texts: Sequence[str]
    ) -> None:
        said = {(record.tenant_id, text) for record, text in zip(records, texts, strict=True) if text}
        unknown = {(tenant_id, digest(text)): text for tenant_id, text in said - self._replies.keys()}
        if not unknown:
            return
        # One order for all runs, so that two of them cannot wait for each other.
        keys = sorted(unknown)
        values = {
            "tenants": [tenant_id for tenant_id, _ in keys],
            "digests": [key for _, key in keys],
            "texts": [unknown[key] for key in keys],
        }
        await connection.execute(WRITE_REPLIES, values)
        found = await connection.execute(READ_REPLIES, values)
        for tenant_id, key, reply_id in await found.fetchall():
            self._replies[tenant_id, unknown[tenant_id, bytes(key)]] = reply_id

    def _forget_replies(self) -> None:
        while len(self._replies) > _REMEMBERED:
            self._replies.popitem(last=False)

    async def _learn_lanes(self, connection: AsyncConnection, records: Sequence[Record]) -> None:
        wanted = {
            (record.lane_id, record.source_id)
            for record in records
            if not record.final and record.source_id is not None
        }
        for lane_id, source_id in sorted(wanted - self._lanes.keys()):
            values = {"lane": lane_id, "source": source_id}
            row = await (await connection.execute(PIN_LANE, values)).fetchone()
            if row is not None:
                self._lanes[lane_id, source_id] = row[0]


_KIND: Final = (
    *("campaign_id", "lane_id", "state", "final", "category", "code", "enhanced", "stage", "rule"),
    *("reply_id", "host", "provider_id", "source_id", "tls", "endpoint_id"),
)


def _rows(records: Sequence[Record]) -> dict[str, str]:
    """What is each message's own."""
    return {
        "tenants": _array([record.tenant_id.hex for record in records]),
        "message_ids": _array([record.message_id.hex for record in records]),
        "fences": _array([record.fence for record in records]),
        "numbers": _array([record.number for record in records]),
        "sizes": _array(["null" if record.size is None else record.size for record in records]),
        "timings": _array(['"{' + ",".join(map(str, record.timings)) + '}"' for record in records]),
        "at": _times([record.at for record in records]),
        "dated_at": _times([record.dated_at for record in records]),
        "next_attempt_at": _times([record.next_attempt_at for record in records]),
    }


def _array(values: Iterable[object]) -> str:
    """An array literal of numbers and ids: a tenth of the driver's work, which has to look for quotes."""
    return "{" + ",".join(map(str, values)) + "}"


def _times(values: Iterable[datetime | None]) -> str:
    return _array(["null" if value is None else value.isoformat() for value in values])


async def _write_transcripts(connection: AsyncConnection, records: Sequence[Record]) -> None:
    kept = [record for record in records if record.transcript]
    if kept:
        await connection.execute(
            TRANSCRIPTS,
            {
                "tenants": [record.tenant_id for record in kept],
                "messages": [record.message_id for record in kept],
                "numbers": [record.number for record in kept],
                "lines": [record.transcript for record in kept],
            },
        )
