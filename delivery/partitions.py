"""The months of the ledger: made ahead, beside running readers, by the owner (docs/adr/0002-ledger.md)."""

from datetime import UTC, datetime

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

_EXISTS = "select 1 from pg_class where relname = %s"


def months(now: datetime, ahead: int) -> list[datetime]:
    """First instants (UTC) of last month, this month and `ahead` more, and of the month after: bounds come in pairs."""
    first = now.year * 12 + now.month - 1
    return [datetime(n // 12, n % 12 + 1, 1, tzinfo=UTC) for n in range(first - 1, first + ahead + 2)]


def make_months(connection: psycopg.Connection, now: datetime, ahead: int = 3) -> list[str]:
    """Makes what is missing and returns the names made; `connection` is the owner's.

    LIKE + CHECK + ATTACH needs no exclusive lock on the parent, so an open report does not stop it.
    """
    made = []
    bounds = months(now, ahead)
    for table, column in TABLES.items():
        for start, end in zip(bounds, bounds[1:], strict=False):
            name = f"{table}_{start:%Y_%m}"
            if connection.execute(_EXISTS, [name]).fetchone() is None:
                _make(connection, table, column, name, start, end)
                made.append(name)
    return made


def _make(
    connection: psycopg.Connection, table: str, column: str, name: str, start: datetime, end: datetime
) -> None:
    floor = "select uuid7_floor(%s), uuid7_floor(%s)"
    bounds = connection.execute(floor, [start, end]).fetchone()
    assert bounds is not None
    names = {
        "child": sql.Identifier(name),
        "parent": sql.Identifier(table),
        "column": sql.Identifier(column),
        "check": sql.Identifier(f"{name}_bounds"),
        "low": sql.Literal(str(bounds[0])),
        "high": sql.Literal(str(bounds[1])),
    }
    for statement in (
        "create table {child} (like {parent} including all)",
        "alter table {child} add constraint {check} check ({column} >= {low}::uuid and {column} < {high}::uuid)",
        "alter table {parent} attach partition {child} for values from ({low}) to ({high})",
    ):
        connection.execute(sql.SQL(statement).format(**names))
