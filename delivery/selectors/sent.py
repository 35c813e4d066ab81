"""Lists what was accepted, newest first, and what each says in a line."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from accounts.tenancy import reading_scope
from campaigns.models import Content
from delivery.models import Message, SimulatedMail, Submission
from delivery.models.stream import Stream


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which mail; None is no condition."""

    stream: Stream | None = None
    tag: str | None = None
    #: The key of an address.
    recipient: str | None = None
    since: datetime | None = None
    before: datetime | None = None


def submissions(*, tenant_id: UUID, wanted: Wanted) -> QuerySet[Submission]:
    """Accepted mail; the scope must be open."""
    rows = _narrowed(Submission.objects.filter(tenant_id=tenant_id), wanted)
    if wanted.recipient is not None:
        of_theirs = Message.objects.filter(rcpt_key=wanted.recipient, submission_id__isnull=False)
        rows = rows.filter(pk__in=of_theirs.values("submission_id"))
    return rows


def simulated(*, tenant_id: UUID, wanted: Wanted) -> QuerySet[SimulatedMail]:
    """What test keys sent; the scope must be open. Recipients are not looked for."""
    return _narrowed(SimulatedMail.objects.filter(tenant_id=tenant_id), wanted)


def _narrowed(rows: QuerySet, wanted: Wanted) -> QuerySet:  # type: ignore[type-arg]  # of either kind
    if wanted.stream is not None:
        rows = rows.filter(stream=wanted.stream)
    if wanted.tag is not None:
        rows = rows.filter(tags__contains=[wanted.tag])
    # Ids of version 7 begin with the time: the primary key's index serves.
    if wanted.since is not None:
        rows = rows.filter(pk__gte=_first_id(wanted.since))
    if wanted.before is not None:
        rows = rows.filter(pk__lt=_first_id(wanted.before))
    return rows


def contents_of(*, tenant_id: UUID, rows: Iterable[Submission]) -> Mapping[int, Content]:
    """The contents by id, without their bodies."""
    with reading_scope(tenant_id):
        wanted = {row.content_id for row in rows}
        return Content.objects.defer("html", "text", "attachments").in_bulk(list(wanted))


def _first_id(when: datetime) -> UUID:
    return UUID(int=max(0, int(when.timestamp() * 1000)) << 80)
