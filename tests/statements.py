"""Counts what a page asks of the database, without the words that only open and close its scope."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.test.utils import CaptureQueriesContext

_SCOPE = ("SAVEPOINT", "RELEASE", "select set_config")


@contextmanager
def at_most(number: int) -> Iterator[None]:
    """Fails where the block asks more than `number` questions."""
    with CaptureQueriesContext(connection) as context:
        yield
    asked = [query["sql"] for query in context.captured_queries]
    asked = [sql for sql in asked if sql and not sql.startswith(_SCOPE)]
    assert len(asked) <= number, "\n".join(asked)
