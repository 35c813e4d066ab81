"""Statements that run for every mail are prepared; the mapper's are not."""

import pytest
from django.db import DatabaseError, connection, transaction

from accounts.statements import ask

_PREPARED = "select count(*) from pg_prepared_statements where statement like '%%' || %s || '%%'"

pytestmark = pytest.mark.django_db


def test_a_statement_is_prepared_once_and_the_mappers_own_is_not_kept() -> None:
    for number in range(3):
        assert ask("select %s::int + 4711", [number]) == [(number + 4711,)]
        with connection.cursor() as cursor:
            cursor.execute("select %s + 4712", [number])
    with connection.cursor() as cursor:
        cursor.execute(_PREPARED, ["4711"])
        assert cursor.fetchone() == (1,)
    # Neither the statement of the mapper nor its text: the library counts what it may prepare later.
    assert not connection.connection._prepared._counts


def test_a_statement_without_rows_answers_with_none() -> None:
    assert ask("set local work_mem = '4MB'", []) == []


def test_a_refused_statement_raises_the_mappers_error() -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        ask("select 1 / %s::int", [0])
    assert ask("select 1", []) == [(1,)]
