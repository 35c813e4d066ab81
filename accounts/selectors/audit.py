"""The audit trail, by person, verb and time."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import QuerySet

from accounts.models import AuditEvent
from relay_saas.web.paging import Page, page_of

SIZE: Final = 50
_CHUNK: Final = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """What to look for; None and "" leave it open."""

    person: int | None = None
    verb: str = ""
    since: datetime | None = None
    #: The first moment that is not wanted any more.
    before: datetime | None = None

    def apply(self, tenant_id: UUID) -> QuerySet[AuditEvent]:
        """The events."""
        rows = AuditEvent.objects.filter(tenant_id=tenant_id)
        if self.person is not None:
            rows = rows.filter(user_id=self.person)
        if self.verb:
            rows = rows.filter(verb=self.verb)
        if self.since is not None:
            rows = rows.filter(at__gte=self.since)
        if self.before is not None:
            rows = rows.filter(at__lt=self.before)
        return rows


def audit_page(*, tenant_id: UUID, wanted: AuditFilter, cursor: str | None) -> Page[AuditEvent]:
    """Newest first. One query."""
    return page_of(wanted.apply(tenant_id), order=["-id"], cursor=cursor, size=SIZE)


def audit_rows(*, tenant_id: UUID, wanted: AuditFilter) -> Iterator[AuditEvent]:
    """All of them, oldest first, a few thousand at a time."""
    last = 0
    while True:
        rows = list(wanted.apply(tenant_id).filter(pk__gt=last).order_by("pk")[:_CHUNK])
        yield from rows
        if len(rows) < _CHUNK:
            return
        last = rows[-1].pk
