"""Addresses and encryptions by number, so that an attempt carries a number and not four texts."""

from collections.abc import Iterable
from typing import Final

from psycopg import AsyncConnection

from delivery.engine.job import Endpoint

_READ: Final = """
select g.place, e.id from delivery_endpoint e
join unnest(%(addresses)s::inet[], %(ports)s::int[], %(versions)s::text[], %(ciphers)s::text[])
  with ordinality g(address, port, tls_version, tls_cipher, place)
on e.address = g.address and e.port = g.port
  and e.tls_version = g.tls_version and e.tls_cipher = g.tls_cipher
"""
_WRITE: Final = """
insert into delivery_endpoint (address, port, tls_version, tls_cipher)
select * from unnest(%(addresses)s::inet[], %(ports)s::int[], %(versions)s::text[], %(ciphers)s::text[])
on conflict do nothing
"""
_REMEMBERED: Final = 50_000


class Endpoints:
    """The dictionary as far as a run has used it."""

    def __init__(self) -> None:
        self.ids: dict[Endpoint, int] = {}

    async def learn(self, connection: AsyncConnection, wanted: Iterable[Endpoint]) -> None:
        """Finds or makes what is not known yet; true only once the caller's transaction is committed."""
        if len(self.ids) > _REMEMBERED:
            self.ids.clear()
        # One order for all runs, so that two of them cannot wait for each other.
        unknown = sorted(set(wanted) - self.ids.keys())
        if not unknown:
            return
        await self._read(connection, unknown)
        # Read first: an insert that finds its row takes a number all the same, and a run begins every minute.
        if missing := [one for one in unknown if one not in self.ids]:
            await connection.execute(_WRITE, _columns(missing))
            await self._read(connection, missing)

    async def _read(self, connection: AsyncConnection, wanted: list[Endpoint]) -> None:
        found = await connection.execute(_READ, _columns(wanted))
        for place, number in await found.fetchall():
            self.ids[wanted[place - 1]] = number


def _columns(endpoints: list[Endpoint]) -> dict[str, list[object]]:
    names = ("addresses", "ports", "versions", "ciphers")
    return dict(zip(names, map(list, zip(*endpoints, strict=True)), strict=True))
