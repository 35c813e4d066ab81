"""The warm-up of new addresses: each message to a provider takes one of the day's step before it may be
claimed, in PostgreSQL and by its clock; what was not accepted is given back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from psycopg import AsyncConnection

Pair = tuple[int, int]

#: A day's step of each pair that has a plan; one for a provider counts more than one for any.
_LOAD: Final = """
select distinct on (s.source_id, s.provider_id) s.source_id, s.provider_id,
  p.steps[greatest(0, t.day - p.started_on) + 1], t.day, t.late
from unnest(%(sources)s::bigint[], %(providers)s::int[]) s(source_id, provider_id)
cross join (select (now() at time zone 'utc')::date, (now() at time zone 'utc')::time >= '23:59') t(day, late)
join delivery_warmupplan p on p.source_id = s.source_id
  and (p.provider_id = s.provider_id or p.provider_id is null)
order by s.source_id, s.provider_id, p.provider_id nulls last
"""
#: The last minute of a day gives nothing: what is claimed then might be accepted on the next.
_TAKE: Final = """
insert into delivery_warmupday as d (source_id, provider_id, day, taken)
select %(source)s, %(provider)s, %(day)s, least(%(n)s, %(step)s)
where (now() at time zone 'utc')::date = %(day)s and (now() at time zone 'utc')::time < '23:59'
on conflict (source_id, provider_id, day) do update
set taken = d.taken + greatest(0, least(%(n)s, %(step)s - d.taken))
returning new.taken - coalesce(old.taken, 0)
"""
#: Early in a day it cannot be said of which day it was.
_GIVE_BACK: Final = """
update delivery_warmupday set taken = greatest(0, taken - %(n)s)
where source_id = %(source)s and provider_id = %(provider)s and day = (now() at time zone 'utc')::date
  and (now() at time zone 'utc')::time > '00:15'
"""


@dataclass(slots=True)
class Warmup:
    """Of one run: the pairs (source, provider) that are being warmed up, and what it holds of each."""

    steps: dict[Pair, int] = field(default_factory=dict)
    _left: dict[Pair, int] = field(default_factory=dict)
    _day: date = date.min
    _late: bool = False

    async def load(self, connection: AsyncConnection, pairs: Sequence[Pair]) -> None:
        """Which of these pairs have a step today."""
        values = {"sources": [pair[0] for pair in pairs], "providers": [pair[1] for pair in pairs]}
        rows = await (await connection.execute(_LOAD, values)).fetchall()
        self.steps = {(row[0], row[1]): row[2] for row in rows if row[2] is not None}
        for _, _, _, day, self._late in rows:
            if day != self._day:
                # What was taken of another day's step is not today's.
                self._left.clear()
                self._day = day

    def left(self, pair: Pair) -> int | None:
        """Messages that may be claimed; None where there is no plan."""
        if pair not in self.steps:
            return None
        return 0 if self._late else self._left.get(pair, 0)

    def spend(self, pair: Pair, n: int) -> None:
        """So many were claimed."""
        if pair in self.steps:
            self._left[pair] = self._left.get(pair, 0) - n

    async def fill(self, connection: AsyncConnection, wanted: Mapping[Pair, int]) -> None:
        """Takes what is missing of so much, as far as the day's step goes."""
        for pair, n in sorted(wanted.items()):
            missing = n - self._left.get(pair, 0)
            if pair in self.steps and missing > 0:
                values: dict[str, Any] = {"source": pair[0], "provider": pair[1], "n": missing}
                values |= {"step": self.steps[pair], "day": self._day}
                row = await (await connection.execute(_TAKE, values)).fetchone()
                self._left[pair] = self._left.get(pair, 0) + (row[0] if row else 0)

    async def give_back(self, connection: AsyncConnection, refused: Mapping[Pair, int]) -> None:
        """What was taken and not accepted."""
        for pair, n in sorted(refused.items()):
            await connection.execute(_GIVE_BACK, {"source": pair[0], "provider": pair[1], "n": n})

    async def close(self, connection: AsyncConnection) -> None:
        """Gives back what was taken and not claimed."""
        await self.give_back(connection, {pair: n for pair, n in self._left.items() if n > 0})
        self._left.clear()
