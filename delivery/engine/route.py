"""Asks DNS about domains whose mail waits, and moves that mail to the lanes of its sites."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from random import random
from typing import Any, Final

from psycopg import AsyncConnection
from psycopg.rows import class_row

from delivery.engine.route_sql import (
    DOMAIN,
    MAKE_LANES,
    MOVE,
    NEW_PROVIDER,
    OF_DOMAIN,
    PROVIDER_LOCK,
    SITE,
    WAITING,
)
from delivery.engine.shape import Limits, shaping
from delivery.models.ledger import AttemptState
from delivery.services.settle import Settlement, defer_sql, settle_sql
from relay_saas.mail.bounces import Category
from relay_saas.mail.dns import Resolver, Route, RouteKind, site_key
from relay_saas.mail.retry import JITTER, Timings

_AT_ONCE: Final = 50
_SETTLE: Final = settle_sql(condition=OF_DOMAIN)
_DEFER: Final = defer_sql(condition=OF_DOMAIN)
_ROWS: Final = 5000
_MOVE_SECONDS: Final = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A domain with due mail and without a site."""

    id: int
    name: str
    nxdomain_since: datetime | None


class Routes:
    """The router of one run."""

    def __init__(self, resolver: Resolver, timings: Timings) -> None:
        self._resolver = resolver
        self._timings = timings
        self._moved_at = -_MOVE_SECONDS

    async def resolve_waiting(self, connection: AsyncConnection) -> int:
        """One round over the domains that wait (at most 1,000); returns how many there were."""
        async with connection.cursor(row_factory=class_row(Waiting)) as cursor:
            await cursor.execute(WAITING)
            domains = await cursor.fetchall()
        gate = asyncio.Semaphore(_AT_ONCE)

        async def look_up(domain: Waiting) -> Route:
            async with gate:
                return await self._resolver.mx(domain.name)

        routes = await asyncio.gather(*map(look_up, domains))
        for domain, route in zip(domains, routes, strict=True):
            await self._settle(connection, domain, route)
        now = asyncio.get_running_loop().time()
        # Without a new answer there is something to move only where another run's answer crossed a launch.
        if domains or now - self._moved_at > _MOVE_SECONDS:
            self._moved_at = now
            await connection.execute(MAKE_LANES)
            while (await connection.execute(MOVE, {"limit": _ROWS})).rowcount == _ROWS:
                pass
        return len(domains)

    async def _settle(self, connection: AsyncConnection, domain: Waiting, route: Route) -> None:
        match route.kind:
            case RouteKind.MX | RouteKind.IMPLICIT:
                await self._found(connection, domain, route)
            case RouteKind.NULL:
                await self._tell(connection, domain, "null_mx")
                await self._end(connection, domain, "null_mx")
            case RouteKind.NXDOMAIN:
                await self._missing(connection, domain)
            case RouteKind.TEMPORARY:
                await self._tell(connection, domain, "temporary")
                await self._defer(connection, domain, Category.NETWORK_TEMP, "dns_temporary")

    async def _found(self, connection: AsyncConnection, domain: Waiting, route: Route) -> None:
        names = [host.name for host in route.hosts]
        provider_id = await provider_of(connection, shaping().limits_of(names))
        found = await connection.execute(SITE, {"key": site_key(route), "provider": provider_id})
        row = await found.fetchone()
        await self._tell(connection, domain, "ok", site=row[0] if row else None)

    async def _missing(self, connection: AsyncConnection, domain: Waiting) -> None:
        """Final only when the name was missing twice, with the wait of its table between."""
        wait = self._timings.of(Category.DOMAIN_BAD).wait(1) * (1 - JITTER)
        now = datetime.now(UTC)
        since = domain.nxdomain_since or now
        await self._tell(connection, domain, "nxdomain", nxdomain_since=since)
        if now - since >= wait:
            await self._end(connection, domain, "nxdomain")
        else:
            await self._defer(connection, domain, Category.DOMAIN_BAD, "nxdomain")

    async def _tell(
        self,
        connection: AsyncConnection,
        domain: Waiting,
        state: str,
        *,
        site: int | None = None,
        nxdomain_since: datetime | None = None,
    ) -> None:
        values = {"id": domain.id, "state": state, "site": site, "nxdomain_since": nxdomain_since}
        await connection.execute(DOMAIN, values)

    async def _end(self, connection: AsyncConnection, domain: Waiting, rule: str) -> None:
        ended = Settlement(state=AttemptState.BOUNCED, category=str(Category.DOMAIN_BAD), rule=rule)
        await _repeat(connection, _SETTLE, ended.parameters(limit=_ROWS, domain=domain.id))

    async def _defer(
        self, connection: AsyncConnection, domain: Waiting, category: Category, rule: str
    ) -> None:
        spread = 1 - JITTER + 2 * JITTER * random()
        due = datetime.now(UTC) + self._timings.of(category).wait(1) * spread
        deferred = Settlement(
            state=AttemptState.DEFERRED,
            category=str(category),
            rule=rule,
            next_attempt_at=due,
            expiry=max(self._timings.expiry.values()),
        )
        await _repeat(connection, _DEFER, deferred.parameters(limit=_ROWS, domain=domain.id))


async def provider_of(connection: AsyncConnection, limits: Limits) -> int:
    """The provider's id; its limits follow the table."""
    values = {
        "name": limits.name,
        "connections": limits.max_connections,
        "messages": limits.max_messages_per_connection,
    }
    async with connection.transaction():
        await connection.execute(PROVIDER_LOCK)
        row = await (await connection.execute(NEW_PROVIDER, values)).fetchone()
    if row is None:
        raise LookupError(limits.name)
    return int(row[0])


async def _repeat(connection: AsyncConnection, statement: str, parameters: dict[str, Any]) -> None:
    settled = _ROWS
    while settled == _ROWS:
        row = await (await connection.execute(statement, parameters)).fetchone()
        settled = row[0] if row else 0
