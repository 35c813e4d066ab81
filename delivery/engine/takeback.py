"""Settles what a run left behind: answers that the journal holds, doubts, and what goes back to the queue."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from random import random
from typing import Any, Final
from uuid import UUID

import psutil
import psycopg
from psycopg import AsyncConnection
from psycopg.rows import class_row, dict_row

from delivery.engine import hosts, journal, lease
from delivery.engine.config import EngineConfig
from delivery.engine.job import Record
from delivery.engine.journal import Entries, Sent
from delivery.engine.record import Recorder
from delivery.engine.strays import bring_home
from delivery.engine.verdicts import Moment, in_doubt
from delivery.models.ledger import AttemptState
from relay_saas.mail.replies import Stage

LOG = logging.getLogger(__name__)

_OPEN: Final = """
select id, slot, boot_id, pid, journal, extract(epoch from now() - heartbeat_at)::float8 as silent
from delivery_queuerun where host = %s and closed_at is null
"""
_LEASED: Final = """
select q.tenant_id, q.message_id, q.fence, q.attempts, q.doubts, q.campaign_id, q.lane_id, q.dated_at,
  q.expires_at, l.stream, coalesce(s.provider_id, 0) as provider_id
from delivery_queueentry q
join delivery_lane l on l.tenant_id = q.tenant_id and l.id = q.lane_id
left join delivery_site s on s.id = l.site_id
where q.run_id = %s
"""
#: A higher fence, so that a worker that comes back writes nothing.
_BACK: Final = "update delivery_queueentry set run_id = null, fence = fence + 1 where run_id = %s"


@dataclass(slots=True, kw_only=True)
class Left:
    """An entry that a run still holds."""

    tenant_id: UUID
    message_id: UUID
    fence: int
    attempts: int
    doubts: int
    campaign_id: int | None
    lane_id: int
    dated_at: datetime | None
    expires_at: datetime
    stream: int
    provider_id: int

    @property
    def number(self) -> int:
        """The attempt that was made."""
        return self.attempts + 1


async def take_back_dead_runs(connection: AsyncConnection, config: EngineConfig) -> int:
    """Settles the dead runs of this host, and those of hosts that are known to be dead; returns how many."""
    await hosts.report_start(connection, config)
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(_OPEN, [config.host])
        runs = await cursor.fetchall()
    settled = 0
    for run in runs:
        settled += await _take_back(connection, config, run)
    for run in await hosts.dead_elsewhere(connection, config):
        LOG.warning("queue run %s of host %s is dead: all that it held is in doubt", run["id"], run["host"])
        await _without_journal(connection, config, run)
        settled += 1
    return settled


async def _take_back(connection: AsyncConnection, config: EngineConfig, run: dict[str, Any]) -> bool:
    path = Path(run["journal"])
    try:
        with journal.claimed(path) as dead:
            if not dead or not _gone(run, config):
                return False
            LOG.warning("queue run %s (process %s) is dead and is taken back", run["id"], run["pid"])
            await settle_run(connection, config, run["id"], run["slot"], journal.read(path))
            await lease.close(connection, run["id"])
            journal.remove(path)
    except FileNotFoundError:
        # Nothing else tells whether its owner lives. By now it has stopped writing dots of its own accord.
        if run["silent"] <= config.lease_seconds:
            return False
        LOG.warning("the journal of queue run %s is gone: all that it held is in doubt", run["id"])
        await _without_journal(connection, config, run)
    return True


async def _without_journal(connection: AsyncConnection, config: EngineConfig, run: dict[str, Any]) -> None:
    await settle_run(connection, config, run["id"], run["slot"], None)
    await lease.close(connection, run["id"])


def _gone(run: dict[str, Any], config: EngineConfig) -> bool:
    """Whether the owner of a run's row cannot be alive, given that its journal is not locked.

    A young heartbeat of a process that is still there may only mean that we look too early.
    """
    if run["boot_id"] != lease.boot_id() or not psutil.pid_exists(run["pid"]):
        return True
    return bool(run["silent"] > 2 * config.heartbeat_seconds)


async def settle_run(
    connection: AsyncConnection, config: EngineConfig, run_id: UUID, slot: int, entries: Entries | None
) -> None:
    """Writes the answers that the journal holds, then the doubts, and gives the rest back.

    `entries` None: there is no journal, and everything that the run held is in doubt. Safe to repeat.
    """
    recorder = Recorder(run_id, slot)
    async with connection.cursor(row_factory=class_row(Left)) as cursor:
        await cursor.execute(_LEASED, [run_id])
        rows = leased = await cursor.fetchall()
    if entries is not None:
        # Most answers have been committed long ago. The fence tells those from an answer to this claim: a run
        # may have claimed a deferred message again.
        held = {(row.message_id, row.fence) for row in rows}
        answers = [one for one in entries.answered if (one.message_id, one.fence) in held]
        await _write(connection, recorder, answers)
        known = {one.message_id for one in answers}
        rows = [row for row in rows if row.message_id not in known]
    sent = None if entries is None else entries.unanswered
    doubts = [
        _doubt(config, row, None if sent is None else sent[row.message_id])
        for row in rows
        if sent is None or _is_unanswered(row, sent.get(row.message_id))
    ]
    await _write(connection, recorder, doubts)
    await connection.execute(_BACK, [run_id])
    await bring_home(connection, leased)


def _is_unanswered(row: Left, sent: Sent | None) -> bool:
    return sent is not None and sent.fence == row.fence


def _doubt(config: EngineConfig, row: Left, sent: Sent | None) -> Record:
    now = datetime.now(UTC)
    moment = Moment(now=now, random=random(), timings=config.timings)
    dated_at = row.dated_at
    if dated_at is None and sent is not None:
        dated_at = datetime.fromtimestamp(sent.dated_at, UTC)
    seen = {
        "stage": str(Stage.DOT),
        "category": "taken_back",
        "dated_at": dated_at,
        "source_id": sent.source_id if sent else None,
    }
    return in_doubt(row, moment, seen)


async def _write(connection: AsyncConnection, recorder: Recorder, records: Sequence[Record]) -> None:
    for start in range(0, len(records), 200):
        batch = records[start : start + 200]
        try:
            await recorder.write(connection, batch)
        except psycopg.OperationalError:
            raise
        except psycopg.Error:
            LOG.exception("a batch of outcomes was refused; they are written one by one")
            for record in batch:
                await _write_one(connection, recorder, record)


async def _write_one(connection: AsyncConnection, recorder: Recorder, record: Record) -> None:
    try:
        await recorder.write(connection, [record])
    except psycopg.OperationalError:
        raise
    except psycopg.Error:
        # It has an answer that cannot be stored: to send it again would be worse than a doubt.
        LOG.exception("the outcome of message %s cannot be written and is in doubt", record.message_id)
        doubt = replace(
            record, state=AttemptState.IN_DOUBT, category="unrecorded", reply="", transcript="", strikes=None
        )
        await recorder.write(connection, [doubt])
