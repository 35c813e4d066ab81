"""Connections per (source, provider), shared between runs by rows under the provider's lock."""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from psycopg import AsyncConnection

#: In one order for all runs, so that two of them cannot wait for each other.
_LOCK: Final = "select id from delivery_provider where id = any(%s) order by id for no key update"
#: What others hold, and how many runs share: those that live on any host and speak from this source.
_OTHERS: Final = """
select g.source_id, g.provider_id,
  (select coalesce(sum(p.n), 0) from delivery_permit p
   where p.source_id = g.source_id and p.provider_id = g.provider_id and p.run_id <> %(run)s),
  (select count(*) from delivery_queuerun r join delivery_egresssource s on s.host = r.host
   where s.id = g.source_id and r.closed_at is null)
from unnest(%(sources)s::bigint[], %(providers)s::int[]) g(source_id, provider_id)
"""
_SET: Final = """
insert into delivery_permit (run_id, source_id, provider_id, n)
select %(run)s, * from unnest(%(sources)s::bigint[], %(providers)s::int[], %(n)s::smallint[])
on conflict (run_id, source_id, provider_id) do update set n = excluded.n
"""

Pair = tuple[int, int]


def share(*, limit: int, others: int, runs: int, wanted: int) -> int:
    """Connections of one run: what is free, at most a fair share where several runs live.

    Shares are rounded up, so that none of a small limit lies idle; the sum is kept by what others hold.
    """
    fair = -(-limit // max(1, runs))
    return max(0, min(wanted, fair, limit - others))


async def adjust(
    connection: AsyncConnection,
    run_id: UUID,
    wanted: Mapping[Pair, tuple[int, int]],
    held: Mapping[Pair, int],
) -> dict[Pair, int]:
    """Asks for so many connections of so many per (source, provider); returns how many may be.

    Where fewer are granted than are open, the row keeps the open ones until they are closed.
    """
    pairs = sorted(wanted)
    providers = [pair[1] for pair in pairs]
    values = {"run": run_id, "sources": [pair[0] for pair in pairs], "providers": providers}
    async with connection.transaction():
        await connection.execute(_LOCK, [sorted(set(providers))])
        rows = await (await connection.execute(_OTHERS, values)).fetchall()
        granted = {
            (source, provider): share(
                limit=wanted[source, provider][1],
                others=int(others),
                runs=int(runs),
                wanted=wanted[source, provider][0],
            )
            for source, provider, others, runs in rows
        }
        kept = [max(granted[pair], held.get(pair, 0)) for pair in pairs]
        await connection.execute(_SET, values | {"n": kept})
    return granted
