"""What operators see of all tenants at once: the queue by lane, the runs, the day's attempts, the doubts.

Everything that crosses tenants comes from the listed functions of the database (relay_saas/shared_tables.py).
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import OperationalError, connection, transaction
from django.db.models import Sum
from django.utils import timezone

from delivery.exceptions import TooSlow
from delivery.models import AttemptState, EgressSource, Permit, QueueRun, Scope
from relay_saas.mail.ids import format_id

#: A question of an operator or a scrape may not hold up the database.
PATIENCE_MS: Final = 3000


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneRow:
    """A lane with open work."""

    lane_id: int
    tenant_id: UUID
    tenant_slug: str
    pool_id: int
    source_id: int | None
    site_id: int | None
    provider_id: int
    stream: int
    campaign_id: int | None
    not_before: datetime | None
    waiting: int
    due: int
    leased: int
    #: When the first of the waiting ones is or was due.
    first_at: datetime | None

    @property
    def overdue_since(self) -> datetime | None:
        """Since when the oldest due one is due; None where nothing is."""
        return self.first_at if self.due else None

    def within(self, scope: Scope) -> bool:
        """Whether a scope covers all of it; one that names a server or a domain covers no lane."""
        parts = scope.parts()
        if "host" in parts or "domain" in parts:
            return False
        return all(getattr(self, name) == value for name, value in parts.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedRow:
    """Attempts of one class that were not delivered."""

    state: AttemptState
    category: str
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DoubtRow:
    """A message whose last attempt nobody knows the end of."""

    tenant_id: UUID
    tenant_slug: str
    message_id: UUID
    number: int
    state: AttemptState
    rcpt: str
    campaign_id: int | None
    provider_id: int
    host: str
    #: Why there is no answer.
    cause: str
    at: datetime

    @property
    def word(self) -> str:
        """`msg_…`."""
        return format_id("msg", self.message_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRow:
    """A queue run whose lease is open."""

    run_id: UUID
    host: str
    slot: int
    pid: int
    started_at: datetime
    heartbeat_at: datetime
    #: Connections that it may hold.
    permits: int

    @property
    def heartbeat_age(self) -> float:
        """Seconds since it was heard of."""
        return (timezone.now() - self.heartbeat_at).total_seconds()


@contextmanager
def patience(milliseconds: int = PATIENCE_MS) -> Iterator[None]:
    """A transaction whose statements are given up after so long; raises TooSlow."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("select set_config('statement_timeout', %s, true)", [str(milliseconds)])
            yield
            cursor.execute("set local statement_timeout to default")
    except OperationalError as error:
        raise TooSlow from error


def lanes() -> list[LaneRow]:
    """Every lane with open work, most first. Reads an index over the open work: a tenth of a second per
    million."""
    rows = [LaneRow(**row) for row in ask("select * from ops_lanes()")]
    return sorted(rows, key=lambda row: (-row.waiting - row.leased, row.lane_id))


def attempts_today() -> dict[tuple[int, AttemptState], int]:
    """Attempts since midnight UTC by provider and state; never falls before midnight."""
    rows = ask("select * from ops_attempts_today()")
    return {(row["provider_id"], AttemptState(row["state"])): row["n"] for row in rows}


def refused_since(since: datetime) -> list[RefusedRow]:
    """Attempts that were not delivered since then, by class, most first."""
    rows = ask("select * from ops_reasons(%s) order by n desc, state, category", [since])
    return [RefusedRow(**row | {"state": AttemptState(row["state"])}) for row in rows]


def doubts_since(since: datetime, *, most: int) -> list[DoubtRow]:
    """Messages in doubt since then, newest first. They name people: each look belongs in the audit trail."""
    rows = ask("select * from ops_doubts(%s, %s)", [since, most])
    return [DoubtRow(**row | {"state": AttemptState(row["state"])}) for row in rows]


def tenant_names(tenant_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Slugs by id."""
    rows = ask("select * from ops_tenants(%s)", [list(tenant_ids)]) if tenant_ids else []
    return {row["tenant_id"]: row["slug"] for row in rows}


def open_runs() -> list[RunRow]:
    """The runs that hold a lease, by host and slot."""
    held = dict(Permit.objects.values_list("run_id").annotate(Sum("n")).order_by())
    runs = QueueRun.objects.filter(closed_at=None).order_by("host", "slot")
    return [
        RunRow(
            run_id=run.pk,
            host=run.host,
            slot=run.slot,
            pid=run.pid,
            started_at=run.started_at,
            heartbeat_at=run.heartbeat_at,
            permits=held.get(run.pk, 0),
        )
        for run in runs
    ]


def permits_in_use() -> dict[tuple[int, int], int]:
    """Connections that the runs may hold now, by source and provider."""
    sums = Permit.objects.values_list("source_id", "provider_id").annotate(Sum("n")).order_by()
    return {(source_id, provider_id): n for source_id, provider_id, n in sums}


def sources() -> list[EgressSource]:
    """Our sending addresses with their pools."""
    return list(EgressSource.objects.select_related("pool").order_by("pool__name", "address"))


def ask(sql: str, parameters: Sequence[Any] = ()) -> list[dict[str, Any]]:
    """The rows of a question to one of the listed functions, by the columns' names."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
