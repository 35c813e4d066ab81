"""Inserts many rows by one statement of constant text, values in binary: what accepting mail does all day.

The mapper's own bulk insert compiles a statement anew for every call and writes octets as hexadecimal text
into it, which PostgreSQL reads back.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, TypeVar

from django.contrib.postgres.fields import ArrayField
from django.db import connection, models
from django.utils import timezone

from accounts.statements import ask

Row = TypeVar("Row", bound=models.Model)

#: Of a column in the unnested arguments.
_AS_JSON: Final = "g.{0}::jsonb"
_AS_TEXTS: Final = "array(select jsonb_array_elements_text(g.{0}::jsonb))"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Column:
    """How a field's values are sent."""

    name: str
    attribute: str
    #: Of the argument's elements.
    type: str
    #: What the statement makes of it.
    expression: str
    convert: Callable[[Any], Any] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """A table's statement."""

    sql: str
    columns: tuple[_Column, ...]
    #: Fields that hold the moment of the insert.
    stamps: tuple[str, ...]
    #: The key that the database gives; "" where the rows have theirs.
    key: str


def insert_all(model: type[Row], rows: Sequence[Row]) -> Sequence[Row]:
    """Inserts the rows in their order, in the caller's scope; missing keys and stamps are filled in."""
    if not rows:
        return rows
    plan = _plan(model)
    _stamp(plan, rows)
    keys = ask(plan.sql, _arguments(plan, rows))
    if plan.key:
        for row, (key,) in zip(rows, keys, strict=True):
            setattr(row, plan.key, key)
    return rows


def insert_together(*groups: tuple[type[models.Model], Sequence[models.Model]]) -> None:
    """Inserts rows of several tables, which bring their keys, by one statement; stamps as above."""
    full = [(_plan(model), rows) for model, rows in groups if rows]
    if not full:
        return
    for plan, rows in full:
        _stamp(plan, rows)
    *first, last = (plan.sql for plan, _ in full)
    named = ", ".join(f"i{number} as ({sql})" for number, sql in enumerate(first))
    ask(f"with {named} {last}" if named else last, [one for group in full for one in _arguments(*group)])


def _stamp(plan: _Plan, rows: Sequence[models.Model]) -> None:
    now = timezone.now()
    for stamp in plan.stamps:
        for row in rows:
            if getattr(row, stamp) is None:
                setattr(row, stamp, now)


def _arguments(plan: _Plan, rows: Sequence[models.Model]) -> list[list[Any]]:
    return [_values(column, rows) for column in plan.columns]


def _values(column: _Column, rows: Sequence[models.Model]) -> list[Any]:
    found = [getattr(row, column.attribute) for row in rows]
    convert = column.convert
    return found if convert is None else [convert(value) for value in found]


@lru_cache(maxsize=50)
def _plan(model: type[models.Model]) -> _Plan:
    fields = [field for field in model._meta.local_concrete_fields if field.column]
    key = next((field.attname for field in fields if isinstance(field, models.AutoField)), "")
    columns = tuple(_column(field) for field in fields if field.attname != key)
    names = ", ".join(column.name for column in columns)
    sql = (
        f"insert into {model._meta.db_table} ({names}) "  # noqa: S608 - our own tables
        f"select {', '.join(column.expression for column in columns)} "
        f"from unnest({', '.join(f'%b::{column.type}[]' for column in columns)}) "
        f"with ordinality as g({names}, ord) order by ord"
    )
    return _Plan(
        sql=f"{sql} returning {key}" if key else sql,
        columns=columns,
        stamps=tuple(field.attname for field in fields if getattr(field, "auto_now_add", False)),
        key=key,
    )


def _column(field: "models.Field[Any, Any]") -> _Column:
    name = f'"{field.column}"'
    kind, expression, convert = str(field.db_type(connection)), f"g.{name}", None
    if isinstance(field, models.JSONField):
        kind, expression, convert = "text", _AS_JSON.format(name), json.dumps
    elif isinstance(field, ArrayField):
        kind, expression, convert = "text", _AS_TEXTS.format(name), json.dumps
    return _Column(name=name, attribute=field.attname, type=kind, expression=expression, convert=convert)
