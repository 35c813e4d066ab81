"""Asks DNS about domains whose mail waits, and moves that mail to the lanes of its sites."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from random import random
from typing import Any, Final

from psycopg import AsyncConnection
from psycopg.rows import class_row

from delivery.engine.route_sql import (
    DOMAIN,
    DOMAINS,
    EXPIRED,
    MAKE_LANES,
    MAKE_OTHER_LANES,
    MOVE,
    MOVE_ON,
    OF_DOMAIN,
    PROVIDER_IDS,
    PROVIDER_LOCK,
    PROVIDERS,
    SITE_IDS,
    SITES,
    WAITING,
)
from delivery.engine.shape import Limits, shaping
from delivery.models.ledger import AttemptState
from delivery.services.settle import Settlement, defer_sql, settle_sql
from relay_saas.mail.bounces import Category
from relay_saas.mail.dns import Resolver, Route, RouteKind, site_key
from relay_saas.mail.retry import JITTER, Timings

#: Domains that are looked up at once, and those that may stand in line for it.
_AT_ONCE: Final = 500
_IN_LINE: Final = 2000
#: Seconds that a round waits for answers; slower ones are settled by a later round.
_PATIENCE: Final = 0.2
#: Seconds between looks for answers that have run out.
_AGAIN_SECONDS: Final = 10.0
_SETTLE: Final = settle_sql(condition=OF_DOMAIN)
_DEFER: Final = defer_sql(condition=OF_DOMAIN)
_ROWS: Final = 5000
_MOVE_SECONDS: Final = 3.0
#: A site's families as they are stored.
_FAMILY_BITS: Final = {4: 1, 6: 2}
_THERE: Final = (RouteKind.MX, RouteKind.IMPLICIT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A domain with due mail: without a site, or with an answer that has run out."""

    id: int
    name: str
    nxdomain_since: datetime | None
    site_id: int | None


class Routes:
    """The router of one run."""

    def __init__(self, resolver: Resolver, timings: Timings) -> None:
        self._resolver = resolver
        self._timings = timings
        self._moved_at = self._asked_at = -_AGAIN_SECONDS
        self._gate = asyncio.Semaphore(_AT_ONCE)
        #: Look-ups under way, by domain.
        self._flights: dict[int, tuple[Waiting, asyncio.Task[Route]]] = {}

    @property
    def asking(self) -> bool:
        """Whether an answer is awaited, or not yet settled."""
        return bool(self._flights)

    async def resolve_waiting(self, connection: AsyncConnection) -> int:
        """One round: asks about the domains that wait, settles what is answered; returns how many there were.

        A domain whose name servers are silent costs the others no time.
        """
        for domain in await self._waiting(connection):
            self._flights[domain.id] = domain, asyncio.create_task(self._look_up(domain))
        busy = len(self._flights)
        if busy:
            await asyncio.wait([task for _, task in self._flights.values()], timeout=_PATIENCE)
        answered = [(domain, task) for domain, task in self._flights.values() if task.done()]
        results = [(domain, task.result()) for domain, task in answered]
        for domain, _ in results:
            del self._flights[domain.id]
        await _found(connection, [(domain, route) for domain, route in results if route.kind in _THERE])
        for domain, route in results:
            await self._settle(connection, domain, route)
        now = asyncio.get_running_loop().time()
        # Without a new answer there is something to move only where another run's answer crossed a launch.
        if answered or now - self._moved_at > _MOVE_SECONDS:
            self._moved_at = now
            await connection.execute(MAKE_LANES)
            await _move(connection, MOVE)
        return busy

    async def _waiting(self, connection: AsyncConnection) -> list[Waiting]:
        """Domains to ask about, without those that are being asked about."""
        now = asyncio.get_running_loop().time()
        statements = [WAITING]
        if now - self._asked_at > _AGAIN_SECONDS:
            self._asked_at = now
            statements.append(EXPIRED)
        found: list[Waiting] = []
        async with connection.cursor(row_factory=class_row(Waiting)) as cursor:
            for statement in statements:
                await cursor.execute(statement, {"asked": list(self._flights)})
                found += await cursor.fetchall()
        return found[: max(0, _IN_LINE - len(self._flights))]

    async def _look_up(self, domain: Waiting) -> Route:
        async with self._gate:
            return await self._resolver.mx(domain.name)

    async def _settle(self, connection: AsyncConnection, domain: Waiting, route: Route) -> None:
        match route.kind:
            case RouteKind.NULL:
                await _tell(connection, domain, route, "null_mx")
                await self._end(connection, domain, "null_mx")
            case RouteKind.NXDOMAIN:
                await self._missing(connection, domain, route)
            case RouteKind.TEMPORARY:
                await _tell(connection, domain, route, "temporary")
                await self._defer(connection, domain, Category.NETWORK_TEMP, "dns_temporary")

    async def _missing(self, connection: AsyncConnection, domain: Waiting, route: Route) -> None:
        """Final only when the name was missing twice, with the wait of its table between."""
        wait = self._timings.of(Category.DOMAIN_BAD).wait(1) * (1 - JITTER)
        now = datetime.now(UTC)
        since = domain.nxdomain_since or now
        await _tell(connection, domain, route, "nxdomain", nxdomain_since=since)
        if now - since >= wait:
            await self._end(connection, domain, "nxdomain")
        else:
            await self._defer(connection, domain, Category.DOMAIN_BAD, "nxdomain")

    async def _end(self, connection: AsyncConnection, domain: Waiting, rule: str) -> None:
        ended = Settlement(state=AttemptState.BOUNCED, category=str(Category.DOMAIN_BAD), rule=rule)
        parameters = ended.parameters(limit=_ROWS, domain=domain.id, site=domain.site_id)
        await _repeat(connection, _SETTLE, parameters)

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
        parameters = deferred.parameters(limit=_ROWS, domain=domain.id, site=domain.site_id)
        await _repeat(connection, _DEFER, parameters)


async def _tell(
    connection: AsyncConnection,
    domain: Waiting,
    route: Route,
    state: str,
    *,
    nxdomain_since: datetime | None = None,
) -> None:
    values = {"id": domain.id, "state": state, "nxdomain_since": nxdomain_since}
    await connection.execute(DOMAIN, values | {"ttl": route.ttl})


async def _move(connection: AsyncConnection, statement: str, **values: Any) -> None:
    while (await connection.execute(statement, {"limit": _ROWS} | values)).rowcount == _ROWS:
        pass


async def _found(connection: AsyncConnection, found: Sequence[tuple[Waiting, Route]]) -> None:
    """Domains that have a server: what they share is written once, and all of it in one transaction."""
    if not found:
        return
    routes = {site_key(route): route for _, route in found}
    limits = {key: shaping().limits_of([host.name for host in route.hosts]) for key, route in routes.items()}
    async with connection.transaction():
        providers = await _providers(connection, {one.name: one for one in limits.values()})
        values = {
            "keys": list(routes),
            "providers": [providers[limits[key].name] for key in routes],
            "families": [sum(_FAMILY_BITS[n] for n in route.families) for route in routes.values()],
        }
        await connection.execute(SITES, values)
        sites: dict[str, int] = dict(await (await connection.execute(SITE_IDS, [list(routes)])).fetchall())
        now_at = {domain.id: sites[site_key(route)] for domain, route in found}
        ttls = [float(route.ttl) for _, route in found]
        await connection.execute(DOMAINS, {"ids": list(now_at), "sites": list(now_at.values()), "ttls": ttls})
    for domain, _ in found:
        if domain.site_id not in {None, now_at[domain.id]}:
            left = {"site": domain.site_id, "domain": domain.id}
            await connection.execute(MAKE_OTHER_LANES, left)
            await _move(connection, MOVE_ON, **left)


async def _providers(connection: AsyncConnection, limits: Mapping[str, Limits]) -> dict[str, int]:
    """Their ids by name; routers write one after the other until the end of the transaction."""
    await connection.execute(PROVIDER_LOCK)
    values = {
        "names": list(limits),
        "connections": [one.max_connections for one in limits.values()],
        "messages": [one.max_messages_per_connection for one in limits.values()],
    }
    await connection.execute(PROVIDERS, values)
    return dict(await (await connection.execute(PROVIDER_IDS, [list(limits)])).fetchall())


async def _repeat(connection: AsyncConnection, statement: str, parameters: dict[str, Any]) -> None:
    settled = _ROWS
    while settled == _ROWS:
        row = await (await connection.execute(statement, parameters)).fetchone()
        settled = row[0] if row else 0
