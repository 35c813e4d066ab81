"""Writes outcomes in batches: attempts, queue, counters, replies, suppressions in one transaction."""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from psycopg import AsyncConnection

from delivery.engine.job import Record, Release
from delivery.engine.record_sql import (
    PIN_LANE,
    READ_REPLIES,
    RELEASE,
    SUPPRESS,
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
        self._replies: OrderedDict[tuple[UUID, bytes], int] = OrderedDict()
        self._lanes: dict[tuple[int, int], int] = {}

    async def write(self, connection: AsyncConnection, records: Sequence[Record]) -> int:
        """Writes what is still ours by run and fence; returns how many. A repeated call writes nothing."""
        if not records:
            return 0
        async with connection.transaction():
            await self._learn_replies(connection, records)
            await self._learn_lanes(connection, records)
            found = await connection.execute(
                WRITE, {"run": self.run_id, "shard": self.shard} | self._columns(records)
            )
            written = {row[0] for row in await found.fetchall()}
            mine = [record for record in records if record.message_id in written]
            await _write_transcripts(connection, mine)
            await _suppress(connection, mine)
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

    def _columns(self, records: Sequence[Record]) -> dict[str, Any]:
        columns: dict[str, Any] = {name: [getattr(record, name) for record in records] for name in _PLAIN}
        columns["state"] = [record.state.value for record in records]
        columns["final"] = [record.final for record in records]
        columns["timings"] = ["{" + ",".join(map(str, record.timings)) + "}" for record in records]
        columns["reply_id"] = [self._reply_id(record) for record in records]
        columns["lane_id"] = [self._lane_id(record) for record in records]
        return columns

    def _reply_id(self, record: Record) -> int | None:
        return self._replies.get(_reply_key(record)) if record.reply else None

    def _lane_id(self, record: Record) -> int:
        """A message that was deferred stays with the source that it spoke from (greylisting)."""
        if record.final or record.source_id is None:
            return record.lane_id
        return self._lanes.get((record.lane_id, record.source_id), record.lane_id)

    async def _learn_replies(self, connection: AsyncConnection, records: Sequence[Record]) -> None:
        texts = {_reply_key(record): normalise(record.reply) for record in records if record.reply}
        unknown = sorted(key for key in texts if key not in self._replies)
        if not unknown:
            return
        values = {
            "tenants": [tenant_id for tenant_id, _ in unknown],
            "digests": [key for _, key in unknown],
            "texts": [texts[key] for key in unknown],
        }
        await connection.execute(WRITE_REPLIES, values)
        found = await connection.execute(READ_REPLIES, values)
        for tenant_id, key, reply_id in await found.fetchall():
            self._replies[tenant_id, bytes(key)] = reply_id
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


_PLAIN: Final = (
    *("tenant_id", "message_id", "fence", "number", "campaign_id", "category", "code", "enhanced", "stage"),
    *("rule", "host", "provider_id", "source_id", "tls", "at", "dated_at", "next_attempt_at"),
)


def _reply_key(record: Record) -> tuple[UUID, bytes]:
    return record.tenant_id, digest(normalise(record.reply))


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


async def _suppress(connection: AsyncConnection, records: Sequence[Record]) -> None:
    struck = [record for record in records if record.strikes is not None]
    if struck:
        await connection.execute(
            SUPPRESS,
            {
                "tenants": [record.tenant_id for record in struck],
                "keys": [record.rcpt_key for record in struck],
                "messages": [record.message_id for record in struck],
                "categories": [record.category for record in struck],
                "details": [f"{record.rule}: {record.code or ''} {record.reply}"[:500] for record in struck],
                "strikes": [record.strikes for record in struck],
                "days": [record.within_days for record in struck],
            },
        )
