"""Which start of its machine a host is in, and which runs of other hosts may be called dead."""

from typing import Any, Final

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from delivery.engine import lease
from delivery.engine.config import EngineConfig

_REPORT: Final = """
insert into delivery_egresshost as h (name, boot_id, boot_at, dead_reason, dead_by)
values (%(host)s, %(boot_id)s, now(), '', '')
on conflict (name) do update set boot_id = excluded.boot_id, boot_at = excluded.boot_at
where h.boot_id <> excluded.boot_id
"""
#: A heartbeat that stopped proves nothing. That the machine started again does, and then it has had time to
#: read its own journals; or an operator's word, for runs that have not been heard of since.
_DEAD: Final = """
select r.id, r.host, r.slot, r.pid from delivery_queuerun r join delivery_egresshost h on h.name = r.host
where r.closed_at is null and r.host <> %(host)s
  and r.heartbeat_at < now() - %(lease)s * interval '1 second'
  and ((h.boot_id <> r.boot_id and h.boot_at < now() - %(lease)s * interval '1 second')
    or r.heartbeat_at < h.dead_at)
"""


async def report_start(connection: AsyncConnection, config: EngineConfig) -> None:
    """Writes down the present start of this machine."""
    await connection.execute(_REPORT, {"host": config.host, "boot_id": lease.boot_id()})


async def dead_elsewhere(connection: AsyncConnection, config: EngineConfig) -> list[dict[str, Any]]:
    """Runs of other hosts that cannot come back: id, host, slot, pid. Their journals are out of our reach."""
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(_DEAD, {"host": config.host, "lease": config.lease_seconds})
        return await cursor.fetchall()
