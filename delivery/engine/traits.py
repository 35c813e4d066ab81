"""What MX hosts have shown of their extensions, kept for the next run and for operators to see."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from psycopg import AsyncConnection

from relay_saas.mail.smtp.workarounds import Extension, Trait

_KNOWN: Final = "select host, extension, works, evidence, until from delivery_hosttrait where until > now()"
_KEEP: Final = """
insert into delivery_hosttrait as t (host, extension, works, evidence, learned_at, until)
values (%(host)s, %(extension)s, %(works)s, %(evidence)s, %(now)s, %(until)s)
on conflict (host, extension) do update set works = excluded.works, evidence = excluded.evidence,
  learned_at = excluded.learned_at, until = greatest(t.until, excluded.until)
"""


async def known_traits(connection: AsyncConnection) -> list[Trait]:
    """What holds now, of all runs."""
    rows = await (await connection.execute(_KNOWN)).fetchall()
    return [
        Trait(host=host, extension=Extension(extension), works=works, evidence=evidence, until=until)
        for host, extension, works, evidence, until in rows
    ]


async def keep_traits(connection: AsyncConnection, traits: Sequence[Trait]) -> None:
    """Writes what a run has learned; the later end wins."""
    now = datetime.now(UTC)
    for trait in traits:
        await connection.execute(
            _KEEP,
            {
                "host": trait.host,
                "extension": str(trait.extension),
                "works": trait.works,
                "evidence": trait.evidence,
                "now": now,
                "until": trait.until,
            },
        )
