"""The months of the ledger: made ahead, beside running readers, by the owner (docs/adr/0002-ledger.md)."""

from datetime import UTC, datetime
from itertools import pairwise
from typing import LiteralString

import psycopg
from psycopg import sql

#: Tables that share the ledger's bounds, with the column that carries the message id.
TABLES = {
    "delivery_message": "id",
    "delivery_attempt": "message_id",
    "delivery_transcript": "message_id",
    "tracking_engagement": "message_id",
    "tracking_reaction": "message_id",
}

_STEPS: tuple[LiteralString, ...] = (
    "create table {child} (like {parent} including all)",
    "alter table {child} add constraint {check} check ({column} >= {low}::uuid and {column} < {high}::uuid)",
    "alter table {parent} attach partition {child} for values from ({low}) to ({high})",
)
_EXISTS = "select 1 from pg_class where relname = %s"


def months(now: datetime, ahead: int) -> list[datetime]:
    """First instants (UTC) of last month, this month and `ahead` more, and of the month after: bounds
    come in pairs."""
    first = now.year * 12 + now.month - 1
    return [datetime(n // 12, n % 12 + 1, 1, tzinfo=UTC) for n in range(first - 1, first + ahead + 2)]


def make_months(connection: psycopg.Connection, now: datetime, ahead: int = 3) -> list[str]:
    """Makes what is missing and returns the names made; `connection` is the owner's.

    LIKE + CHECK + ATTACH needs no exclusive lock on the parent, so an open report does not stop it.
    """
    made = []
    for table in TABLES:
        for start, end in pairwise(months(now, ahead)):
            name = f"{table}_{start:%Y_%m}"
            if connection.execute(_EXISTS, [name]).fetchone() is None:
                _make(connection, table, name, (start, end))
                made.append(name)
    return made


def _make(connection: psycopg.Connection, table: str, name: str, month: tuple[datetime, datetime]) -> None:
    low, high = (_floor(connection, instant) for instant in month)
    names = {
        "child": sql.Identifier(name),
        "parent": sql.Identifier(table),
        "column": sql.Identifier(TABLES[table]),
        "check": sql.Identifier(f"{name}_bounds"),
        "low": sql.Literal(low),
        "high": sql.Literal(high),
    }
    for statement in _STEPS:
        connection.execute(sql.SQL(statement).format(**names))


def _floor(connection: psycopg.Connection, instant: datetime) -> str:
    row = connection.execute("select uuid7_floor(%s)::text", [instant]).fetchone()
    return row[0] if row else ""
