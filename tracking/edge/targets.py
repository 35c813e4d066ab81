"""Where a click leads: only to what was stored with the content, filled with what the message froze."""

from collections import OrderedDict
from uuid import UUID

from psycopg_pool import AsyncConnectionPool

from relay_saas.mail.merge import RenderProblem, parse_template
from tracking.exceptions import UnknownLink

MOST_TENANTS = 10_000

_TENANT = "select resolve_tenant_number(%s)"
_TARGET = """
select l.target, m.merge from delivery_message m
join campaigns_link l on l.tenant_id = m.tenant_id and l.content_id = m.content_id and l.index = %s
where m.tenant_id = %s and m.id = %s
"""


class Targets:
    """Owned by the application; remembers tenant numbers, which never change."""

    def __init__(self, pool: AsyncConnectionPool) -> None:
        self._pool = pool
        self._tenants: OrderedDict[int, UUID] = OrderedDict()

    async def tenant(self, number: int) -> UUID:
        """The tenant of a verified token; raises UnknownLink."""
        if number in self._tenants:
            return self._tenants[number]
        async with self._pool.connection() as connection:
            row = await (await connection.execute(_TENANT, [number])).fetchone()
        if row is None or row[0] is None:
            raise UnknownLink
        self._tenants[number] = row[0]
        if len(self._tenants) > MOST_TENANTS:
            self._tenants.popitem(last=False)
        tenant_id: UUID = row[0]
        return tenant_id

    async def target(self, tenant_id: UUID, message_id: UUID, index: int) -> str:
        """The URL behind a link of a message; raises UnknownLink."""
        async with self._pool.connection() as connection:
            await connection.execute("select set_config('app.tenant_id', %s, true)", [str(tenant_id)])
            row = await (await connection.execute(_TARGET, [index, tenant_id, message_id])).fetchone()
        if row is None:
            raise UnknownLink
        target, merge = row
        if "{{" not in target and "{%" not in target:
            return str(target)
        try:
            filled = parse_template(target, html=False).render(merge)
        except RenderProblem as error:
            raise UnknownLink from error
        # A merge value must not choose the scheme or smuggle a second header.
        if not filled.startswith(("http://", "https://")) or any(ord(character) < 33 for character in filled):
            raise UnknownLink
        return filled
