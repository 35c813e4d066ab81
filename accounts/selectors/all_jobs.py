"""Jobs of all organizations, for operators, by a listed function of the database."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRow:
    """A job and whose it is."""

    tenant_id: UUID
    tenant_slug: str
    job_id: int
    kind: str
    title: str
    state: str
    done: int
    total: int | None
    #: Of the error that ended it.
    code: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    heartbeat_at: datetime | None


def all_jobs(*, only_open: bool, most: int) -> list[JobRow]:
    """Newest first. Titles may name files and people: each look belongs in the audit trail."""
    with connection.cursor() as cursor:
        cursor.execute("select * from ops_jobs(%s, %s)", [only_open, most])
        names = [column.name for column in cursor.description or ()]
        return [JobRow(**dict(zip(names, row, strict=True))) for row in cursor.fetchall()]
