"""What was leased while its domain moved to another site comes back to the lane that the others moved to."""

from collections.abc import Sequence
from typing import Final, Protocol
from uuid import UUID

from psycopg import AsyncConnection

from delivery.engine.route_sql import MAKE_LANES_OF_THESE, MOVE_THESE, STRAYED

_NAMES: Final = ("tenants", "messages")


class Entry(Protocol):
    """What names a queue entry."""

    @property
    def tenant_id(self) -> UUID:
        """Whose it is."""

    @property
    def message_id(self) -> UUID:
        """Of the message."""


async def bring_home(connection: AsyncConnection, entries: Sequence[Entry]) -> None:
    """Moves those of these queued entries whose lane is not of their domain's site any more.

    Asked after they were given back: whoever moves the rest of a domain sees what was given back before.
    """
    if not entries:
        return
    ids = [[entry.tenant_id for entry in entries], [entry.message_id for entry in entries]]
    strayed = await (await connection.execute(STRAYED, dict(zip(_NAMES, ids, strict=True)))).fetchall()
    if strayed:
        values = dict(zip(_NAMES, map(list, zip(*strayed, strict=True)), strict=True))
        await connection.execute(MAKE_LANES_OF_THESE, values)
        await connection.execute(MOVE_THESE, values | {"limit": len(strayed)})
