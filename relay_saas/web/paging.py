"""Keyset pagination: an opaque cursor says where the next page starts, so that no row is missed or repeated.

Offsets get slower with every page and shift when rows arrive; the key of the last row shown does neither.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, Literal, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Field, Model, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from relay_saas.web.errors import RelayError

MAX_CURSOR: Final = 512

Row = TypeVar("Row", bound=Model)
Item = TypeVar("Item")


class BadCursor(RelayError):
    """The cursor was not made by us, or for another list."""

    code = "bad_cursor"
    status = 400
    message = _("This page link is not valid any more. Start again from the first page.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """A place between two rows: the sort key of the row beside it, and which way to go from there."""

    way: Literal["next", "previous"]
    key: tuple[str | int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[Item]):
    """One evaluated page of a list; a cursor is None where there is no page on that side."""

    items: tuple[Item, ...]
    next_cursor: str | None
    previous_cursor: str | None


def encode(cursor: Cursor) -> str:
    """Return the cursor as URL-safe text."""
    data = json.dumps([cursor.way, *cursor.key], separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text: str, *, columns: int) -> Cursor:
    """Read a cursor back; raises BadCursor for what `encode` cannot have made for `columns` columns."""
    if len(text) > MAX_CURSOR:
        raise BadCursor
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        way, *key = json.loads(data)
    except (binascii.Error, ValueError, TypeError, RecursionError) as error:
        raise BadCursor from error
    if way not in ("next", "previous") or len(key) != columns or not all(map(_is_part, key)):
        raise BadCursor
    return Cursor(way=way, key=tuple(key))


def _is_part(part: object) -> bool:
    """Say whether a decoded value can be part of a key; PostgreSQL knows no text with NUL."""
    return type(part) is int or (type(part) is str and "\0" not in part)


def page_of(rows: QuerySet[Row], *, order: Sequence[str], cursor: str | None, size: int) -> Page[Row]:
    """Return one page of `rows`, evaluated, at most `size` long.

    `order`: plain column names, all ascending or all descending ("-created_at", "-id"); together unique and
    never null, and led by an index. Costs one query of `size + 1` rows. Raises BadCursor.
    """
    names = [name.removeprefix("-") for name in order]
    place = decode(cursor, columns=len(names)) if cursor else None
    backwards = place is not None and place.way == "previous"
    descending = order[0].startswith("-") != backwards
    if place is not None:
        rows = rows.filter(_beyond(names, _typed(rows.model, names, place), "lt" if descending else "gt"))
    found = list(rows.order_by(*(f"-{name}" if descending else name for name in names))[: size + 1])
    more = len(found) > size
    items = found[:size]
    if backwards:
        items.reverse()
    # Where we came from there is a page for certain; the other way only if one row more was found.
    has_next, has_previous = (True, more) if backwards else (more, place is not None)
    return Page(
        items=tuple(items),
        next_cursor=_cursor_at(items[-1], names, "next") if items and has_next else None,
        previous_cursor=_cursor_at(items[0], names, "previous") if items and has_previous else None,
    )


def _typed(model: type[Model], names: Sequence[str], cursor: Cursor) -> list[object]:
    """Return the cursor's key in the types of the columns."""
    try:
        pairs = zip(names, cursor.key, strict=True)
        return [_column(model, name).to_python(part) for name, part in pairs]
    except (ValidationError, OverflowError) as error:
        raise BadCursor from error


def _column(model: type[Model], name: str) -> Field[Any, Any]:
    """Return the column called `name`; a reverse relation is none."""
    field = model._meta.get_field(name)
    if not isinstance(field, Field):
        raise TypeError(f"{name} is not a column of {model.__name__}")
    return field


def _beyond(names: Sequence[str], values: Sequence[object], comparison: str) -> Q:
    """Return (a, b) < (x, y) as `a <= x AND (a < x OR b < y)`, which an index on (a, b) can use."""
    beyond = Q(**{f"{names[-1]}__{comparison}": values[-1]})
    for name, value in zip(reversed(names[:-1]), reversed(values[:-1]), strict=True):
        beyond = Q(**{f"{name}__{comparison}e": value}) & (Q(**{f"{name}__{comparison}": value}) | beyond)
    return beyond


def _cursor_at(row: Model, names: Sequence[str], way: Literal["next", "previous"]) -> str:
    """Return the cursor that leads on from `row`."""
    values = [getattr(row, name) for name in names]
    parts = [value if type(value) is int else _text(value) for value in values]
    return encode(Cursor(way=way, key=tuple(parts)))


def _text(value: object) -> str:
    """Return a column value as text that its field reads back unchanged (dates keep their microseconds)."""
    isoformat = getattr(value, "isoformat", None)
    return isoformat() if callable(isoformat) else str(value)
