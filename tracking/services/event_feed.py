"""Reads a tenant's events: numbers what is new, then looks behind a number."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection

from accounts.tenancy import tenant_scope
from tracking.selectors.event_feed import BEFORE_SQL, END_SQL, WINDOW, FeedFilter, FeedRow

EVERYTHING: Final = FeedFilter()


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedPage:
    """Events in their order; the next look begins at `position`, and finds something if `more`."""

    rows: tuple[FeedRow, ...]
    position: int
    more: bool


def last_number(*, tenant_id: UUID) -> int:
    """The number of the last event that is visible now."""
    with tenant_scope(tenant_id), connection.cursor() as cursor:
        cursor.execute("select number_own_events()")
        return int(cursor.fetchone()[0])


def number_before(*, tenant_id: UUID, at: datetime) -> int:
    """The number behind which the events since `at` lie."""
    with tenant_scope(tenant_id), connection.cursor() as cursor:
        cursor.execute("select number_own_events()")
        cursor.execute(BEFORE_SQL, {"tenant": tenant_id, "at": at})
        return int(cursor.fetchone()[0])


def read_events(
    *, tenant_id: UUID, after: int, limit: int, chosen: FeedFilter = EVERYTHING, window: int = WINDOW
) -> FeedPage:
    """At most `limit` events behind the number `after`; one look reads at most `window` batches."""
    with tenant_scope(tenant_id), connection.cursor() as cursor:
        cursor.execute("select number_own_events()")
        last = int(cursor.fetchone()[0])
        values: dict[str, Any] = {"tenant": tenant_id, "after": after, "window": window}
        values |= chosen.parameters()
        cursor.execute(END_SQL, values)
        end = int(cursor.fetchone()[0])
        cursor.execute(chosen.sql, values | {"end": end, "most": limit})
        rows = tuple(chosen.row(values) for values in cursor.fetchall())
    if len(rows) == limit:
        return FeedPage(rows=rows, position=rows[-1].number, more=rows[-1].number < last)
    # A filter by message looks at matching batches alone: what lies between them is read.
    position = last if chosen.messages is not None and end == after else end
    return FeedPage(rows=rows, position=position, more=position < last)
