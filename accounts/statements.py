"""Statements that run for every mail: prepared once by each connection, their arguments in binary.

The mapper's own cursor writes arguments into the text, and PostgreSQL reads and plans each text anew.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from django.db import connection


def ask(sql: str, values: Sequence[Any] | Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """The rows of `sql`, on the mapper's connection and in its transaction; [] where it returns none.

    Raises django.db.DatabaseError.
    """
    connection.ensure_connection()
    server = connection.connection
    # For this statement alone: else the library keeps the mapper's texts, which are long and never return.
    server.prepare_threshold = 0
    try:
        with connection.wrap_database_errors, psycopg.Cursor(server) as cursor:
            cursor.execute(sql, values, prepare=True)
            result = cursor.pgresult
            return cursor.fetchall() if result is not None and result.nfields else []
    finally:
        server.prepare_threshold = None
