"""A run's lease: one row with a heartbeat for everything that the run has claimed."""

import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from uuid import UUID

from psycopg import AsyncConnection

from delivery.engine.config import EngineConfig

_TAKE: Final = """
insert into delivery_queuerun (id, host, slot, boot_id, pid, journal, started_at, heartbeat_at)
select %(id)s, %(host)s, s, %(boot_id)s, %(pid)s, %(journal)s, now(), now()
from generate_series(0, %(slots)s - 1) s
where not exists (
  select from delivery_queuerun r where r.host = %(host)s and r.slot = s and r.closed_at is null)
order by s limit 1 on conflict do nothing returning slot
"""
_BEAT: Final = "update delivery_queuerun set heartbeat_at = now() where id = %s and closed_at is null"
_CLOSE: Final = """
with closed as (update delivery_queuerun set closed_at = now() where id = %(id)s returning id)
delete from delivery_permit where run_id = %(id)s
"""


def boot_id() -> str:
    """Changes with every start of the machine."""
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


def boot_time() -> float:
    """Seconds since the machine started, sleep included: a stopped process sees its own absence."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


@dataclass(slots=True, kw_only=True)
class Lease:
    """What this run knows of its own row."""

    run_id: UUID
    slot: int
    #: Age of the own heartbeat (seconds) from which on nothing is written.
    trusted: float
    renewed: float = field(default_factory=boot_time)
    #: The row was closed by somebody else: nothing more may be written.
    lost: bool = False

    @property
    def holds(self) -> bool:
        """Whether a dot may be written now."""
        return not self.lost and boot_time() - self.renewed < self.trusted

    async def renew(self, connection: AsyncConnection) -> None:
        """One heartbeat; counts from before it was asked for."""
        asked = boot_time()
        found = await connection.execute(_BEAT, [self.run_id])
        self.lost = found.rowcount == 0
        if not self.lost:
            self.renewed = asked


async def take(
    connection: AsyncConnection, config: EngineConfig, *, run_id: UUID, journal: Path
) -> Lease | None:
    """A lease in a free slot of this host; None where all are taken. The journal must be locked before."""
    asked = boot_time()
    found = await connection.execute(
        _TAKE,
        {
            "id": run_id,
            "host": config.host,
            "boot_id": boot_id(),
            "pid": os.getpid(),
            "journal": str(journal),
            "slots": config.slots,
        },
    )
    row = await found.fetchone()
    if row is None:
        return None
    return Lease(run_id=run_id, slot=row[0], trusted=config.trusted_seconds, renewed=asked)


async def close(connection: AsyncConnection, run_id: UUID) -> None:
    """Ends a run's row and its permits; its entries must have been settled or given back before."""
    await connection.execute(_CLOSE, {"id": run_id})
