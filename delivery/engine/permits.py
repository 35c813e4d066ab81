"""Connections per (source, provider), shared between runs by rows under the provider's lock."""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from psycopg import AsyncConnection

_LOCK: Final = "select max_connections from delivery_provider where id = %s for no key update"
#: What others hold, and how many runs share: those that live on any host and speak from this source.
_OTHERS: Final = """
select coalesce(sum(p.n) filter (where p.run_id <> %(run)s), 0),
  (select count(*) from delivery_queuerun r join delivery_egresssource s on s.host = r.host
   where s.id = %(source)s and r.closed_at is null)
from delivery_permit p where p.source_id = %(source)s and p.provider_id = %(provider)s
"""
_SET: Final = """
insert into delivery_permit (run_id, source_id, provider_id, n)
values (%(run)s, %(source)s, %(provider)s, %(n)s)
on conflict (run_id, source_id, provider_id) do update set n = excluded.n
"""

Pair = tuple[int, int]


def share(*, limit: int, others: int, runs: int, wanted: int) -> int:
    """Connections of one run: what is free, at most a fair share where several runs live."""
    fair = max(1, limit // max(1, runs))
    return max(0, min(wanted, fair, limit - others))


async def adjust(
    connection: AsyncConnection, run_id: UUID, wanted: Mapping[Pair, int], held: Mapping[Pair, int]
) -> dict[Pair, int]:
    """Asks for so many connections per (source, provider), with so many open; returns how many may be.

    Where fewer are granted than are open, the row keeps the open ones until they are closed.
    """
    granted: dict[Pair, int] = {}
    # One order for all runs, so that two of them cannot wait for each other.
    for pair in sorted(wanted, key=lambda pair: (pair[1], pair[0])):
        async with connection.transaction():
            granted[pair] = await _adjust_one(connection, run_id, pair, wanted[pair], held.get(pair, 0))
    return granted


async def _adjust_one(connection: AsyncConnection, run_id: UUID, pair: Pair, wanted: int, held: int) -> int:
    values = {"run": run_id, "source": pair[0], "provider": pair[1]}
    row = await (await connection.execute(_LOCK, [pair[1]])).fetchone()
    if row is None:
        return 0
    others, runs = await (await connection.execute(_OTHERS, values)).fetchone() or (0, 1)
    n = share(limit=row[0], others=int(others), runs=int(runs), wanted=wanted)
    await connection.execute(_SET, values | {"n": max(n, held)})
    return n
