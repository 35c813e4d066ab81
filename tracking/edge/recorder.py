"""Collects pixel and link visits, waits long enough to know machines by their haste, and writes them in
batches."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import groupby
from operator import attrgetter
from uuid import UUID

from psycopg_pool import AsyncConnectionPool

from delivery.services.doubt import RESOLVE_SQL, resolve_parameters
from tracking.services.machine import BURST_WINDOW, Visit, machine_reason
from tracking.services.record import RECORD_SQL, Engaged, proofs, record_parameters

log = logging.getLogger(__name__)

FLUSH_SECONDS = 0.5
#: Held this long, so that the rest of a scanner's burst is seen; the report still shows it within 5 s.
HOLD = BURST_WINDOW
BATCH = 1000
#: Visits that wait while the database is away; memory stays flat, what comes beyond is counted and let go.
MOST = 100_000

Near = Mapping[UUID, Sequence[Visit]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A visit of a verified token."""

    tenant_id: UUID
    message_id: UUID
    kind: str
    visit: Visit
    address: str


class Recorder:
    """Owned by the application; `flush` runs twice a second and once more at the end."""

    def __init__(self, pool: AsyncConnectionPool) -> None:
        self._pool = pool
        self._waiting: list[Seen] = []
        self._let_go = 0
        self._writing = asyncio.Lock()

    def add(self, seen: Seen) -> None:
        """Keeps a visit for the next flush."""
        if len(self._waiting) < MOST:
            self._waiting.append(seen)
        else:
            self._let_go += 1

    async def run(self) -> None:
        """Flushes for ever; a database that is away for a while costs nothing but time."""
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            await self.flush()

    async def flush(self, *, everything: bool = False) -> None:
        """Writes what has been held long enough; what cannot be written stays for the next time."""
        async with self._writing:
            if self._let_go:
                log.error("%s engagements were let go: too many wait for the database", self._let_go)
                self._let_go = 0
            near = self._near()
            by_tenant = attrgetter("tenant_id")
            ready = sorted(self._take(everything=everything), key=by_tenant)
            for tenant_id, group in groupby(ready, key=by_tenant):
                batch = list(group)
                try:
                    await self._write(tenant_id, batch, near)
                except Exception:
                    log.exception("engagements of tenant %s were not written; they wait", tenant_id)
                    for seen in batch:
                        self.add(seen)

    def _near(self) -> Near:
        """What waits, by message: a machine is known by what it did around the same time."""
        near: dict[UUID, list[Visit]] = defaultdict(list)
        for seen in self._waiting:
            near[seen.message_id].append(seen.visit)
        return near

    def _take(self, *, everything: bool) -> list[Seen]:
        limit = datetime.now(UTC) - (timedelta(0) if everything else HOLD)
        ready = [seen for seen in self._waiting if seen.visit.at <= limit]
        self._waiting = [seen for seen in self._waiting if seen.visit.at > limit]
        return ready

    async def _write(self, tenant_id: UUID, batch: Sequence[Seen], near: Near) -> None:
        engaged = [_engaged(seen, near[seen.message_id]) for seen in batch]
        async with self._pool.connection() as connection:
            await connection.execute("select set_config('app.tenant_id', %s, true)", [str(tenant_id)])
            for at in range(0, len(engaged), BATCH):
                part = engaged[at : at + BATCH]
                await connection.execute(RECORD_SQL, record_parameters(tenant_id, part))
                if proven := proofs(part):
                    await connection.execute(RESOLVE_SQL, resolve_parameters(tenant_id, proven))


def _engaged(seen: Seen, near: Sequence[Visit]) -> Engaged:
    plain = Engaged(
        message_id=seen.message_id,
        kind=seen.kind,
        at=seen.visit.at,
        link_index=seen.visit.link_index,
        address=seen.address,
        user_agent=seen.visit.user_agent,
    )
    reason = machine_reason(seen.visit, near)
    return replace(plain, machine=True, reason=reason) if reason else plain
