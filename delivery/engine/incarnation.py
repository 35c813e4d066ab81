"""Notices that the database is a restored copy, before anything is sent from it.

A copy does not know what went out after it was made: sent again, that would be a duplicate without an
explanation. So everything is suspended until a person has looked.
"""

import os
from pathlib import Path
from typing import Final

from psycopg import AsyncConnection

from delivery.engine.config import EngineConfig

#: The rule under which everything is suspended.
RESTORED: Final = "restored"
#: So far ahead that no other host's memory of the lost time is higher.
_LEAP: Final = 1_000_000

_SYSTEM: Final = """
select (select system_identifier from pg_control_system()) || '/' || oid
from pg_database where datname = current_database()
"""
_RAISE: Final = """
insert into delivery_incarnation as i (id, system, generation) values (1, %(system)s, 1)
on conflict (id) do update set generation = i.generation + 1 returning system, generation, xmax = 0
"""
_RESTORED: Final = """
update delivery_incarnation set system = %(system)s, restored_at = now(),
  generation = greatest(generation, %(known)s) + %(leap)s returning generation
"""
_SUSPEND: Final = """
insert into delivery_policystate (host, domain, action, rule, evidence, reason, set_by, ended_by)
select '', '', 'suspend', %(rule)s, %(evidence)s, 'the database is a restored copy', 'engine', ''
where not exists (select from delivery_policystate where rule = %(rule)s and ended_at is null)
"""


async def check(connection: AsyncConnection, config: EngineConfig) -> bool:
    """Whether this database goes on where it was; else all sending is suspended till somebody lifts it."""
    row = await (await connection.execute(_SYSTEM)).fetchone()
    here = str(row[0]) if row else ""
    file = config.data_dir / "generation"
    # Read first: what another run writes meanwhile was raised in the database before.
    known = _known(file, here)
    async with connection.transaction():
        row = await (await connection.execute(_RAISE, {"system": here})).fetchone()
        system, generation, fresh = row or (here, 0, True)
        restored = not fresh and (system != here or generation <= known)
        if restored:
            values = {"system": here, "known": known, "leap": _LEAP}
            row = await (await connection.execute(_RESTORED, values)).fetchone()
            evidence = f"was {system} #{generation}, is {here}, this host knows #{known}"
            await connection.execute(_SUSPEND, {"rule": RESTORED, "evidence": evidence})
            generation = row[0] if row else generation
    _keep(file, f"{here} {generation}")
    return not restored


def _known(file: Path, system: str) -> int:
    """The generation that this host saw last of this database."""
    try:
        name, _, generation = file.read_text(encoding="ascii").partition(" ")
        return int(generation) if name == system else 0
    except (FileNotFoundError, ValueError):
        return 0


def _keep(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    draft.write_text(text, encoding="ascii")
    draft.replace(file)
