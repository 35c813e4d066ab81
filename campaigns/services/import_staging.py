"""The database side of an import: rows go to a staging table in batches, then to their tables at once."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final
from uuid import UUID

from django.db import connection

from accounts.tenancy import tenant_scope
from campaigns.models import ContactField, ContactImport
from campaigns.services import import_sql as sql
from campaigns.services.column_guess import ColumnMap
from campaigns.services.import_rows import StagedRow

BATCH: Final = 5_000
#: Seconds between two reports of progress.
REPORT_EVERY: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportCounts:
    """What an import did; accepted + duplicates + rejected = rows."""

    rows: int
    accepted: int
    new: int
    updated: int
    #: Joined the list by this import.
    subscribed: int
    #: Had left the list before and stay away.
    unsubscribed: int
    #: May not be mailed, whatever list they are on.
    suppressed: int
    #: Addresses that were written in full-width characters.
    normalised: int
    #: Addresses that wait for a receiver with SMTPUTF8.
    smtputf8: int
    problems: dict[str, int]

    def as_json(self) -> dict[str, Any]:
        """The counts as the job keeps them."""
        duplicates = self.problems.get("duplicate_in_file", 0)
        return {
            "rows": self.rows,
            "accepted": self.accepted,
            "duplicates": duplicates,
            "rejected": sum(self.problems.values()) - duplicates,
            "new": self.new,
            "updated": self.updated,
            "unchanged": self.accepted - self.new - self.updated,
            "subscribed": self.subscribed,
            "unsubscribed": self.unsubscribed,
            "suppressed": self.suppressed,
            "normalised": self.normalised,
            "smtputf8": self.smtputf8,
            "problems": self.problems,
        }


def fill_staging(tenant_id: UUID, rows: Iterable[StagedRow], report: Callable[[int], None]) -> None:
    """Copies `rows` into this session's staging table, a transaction a batch; reports how many it has."""
    with tenant_scope(tenant_id), connection.cursor() as cursor:
        cursor.execute(sql.CREATE_STAGING)
    done, reported = 0, time.monotonic()
    for batch in _batches(rows):
        done += len(batch)
        with (
            tenant_scope(tenant_id),
            connection.cursor() as cursor,
            cursor.copy(sql.COPY_STAGING) as copy,
        ):
            for row in batch:
                copy.write_row(row.record())
        if time.monotonic() - reported >= REPORT_EVERY:
            report(done)
            reported = time.monotonic()
    report(done)


def drop_staging() -> None:
    """Removes this session's staging table."""
    with connection.cursor() as cursor:
        cursor.execute(sql.DROP_STAGING)


def merge_staging(contact_import: ContactImport, columns: ColumnMap) -> ImportCounts:
    """Writes fields, contacts, subscriptions and problems from staging, in the caller's transaction."""
    values = _values(contact_import, columns)
    with connection.cursor() as cursor:
        cursor.execute(sql.LOCK_TENANT, values)
        _add_fields(contact_import.tenant_id, columns)
        _prepare(cursor)
        new, updated = _row(cursor, sql.WRITE_CONTACTS, values)
        (subscribed,) = _row(cursor, sql.WRITE_SUBSCRIPTIONS, values)
        cursor.execute(sql.WRITE_PROBLEMS, values)
        return _counts(cursor, values, new=new, updated=updated, subscribed=subscribed)


def foresee(contact_import: ContactImport, columns: ColumnMap) -> ImportCounts:
    """What `merge_staging` would do now; writes nothing but marks in the staging table."""
    values = _values(contact_import, columns)
    with connection.cursor() as cursor:
        _prepare(cursor)
        new, updated, subscribed = _row(cursor, sql.FORESEE, values)
        return _counts(cursor, values, new=new, updated=updated, subscribed=subscribed)


def first_problems(limit: int) -> list[dict[str, Any]]:
    """The first rows that cannot be taken: line, reason, detail, cells."""
    names = ("line", "reason", "detail", "cells")
    with connection.cursor() as cursor:
        cursor.execute(sql.FIRST_PROBLEMS, [limit])
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _values(contact_import: ContactImport, columns: ColumnMap) -> dict[str, Any]:
    return {
        "tenant": contact_import.tenant_id,
        "list": contact_import.mailing_list_id,
        "import": contact_import.pk,
        "keys": [column.key for column in columns.fields],
        "source": f"import:{contact_import.pk}",
        "at": contact_import.imported_at,
    }


def _prepare(cursor: Any) -> None:
    cursor.execute("analyze import_staging")
    cursor.execute(sql.MARK_DUPLICATES)


def _counts(cursor: Any, values: dict[str, Any], *, new: int, updated: int, subscribed: int) -> ImportCounts:
    rows, accepted, normalised, smtputf8 = _row(cursor, sql.COUNT, values)
    suppressed, unsubscribed = _row(cursor, sql.COUNT_STOPPED, values)
    cursor.execute(sql.COUNT_PROBLEMS)
    return ImportCounts(
        rows=rows,
        accepted=accepted,
        new=new,
        updated=updated,
        subscribed=subscribed,
        unsubscribed=unsubscribed,
        suppressed=suppressed,
        normalised=normalised,
        smtputf8=smtputf8,
        problems=dict(cursor.fetchall()),
    )


def _add_fields(tenant_id: UUID, columns: ColumnMap) -> None:
    new = [
        ContactField(tenant_id=tenant_id, key=column.key, label=column.label or column.name, kind=column.kind)
        for column in columns.fields
        if column.is_new
    ]
    ContactField.objects.bulk_create(new, ignore_conflicts=True)


def _row(cursor: Any, statement: str, values: dict[str, Any]) -> tuple[int, ...]:
    cursor.execute(statement, values)
    row: tuple[int, ...] = cursor.fetchone()
    return row


def _batches(rows: Iterable[StagedRow]) -> Iterator[list[StagedRow]]:
    iterator = iter(rows)
    while batch := list(islice(iterator, BATCH)):
        yield batch
