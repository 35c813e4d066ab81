"""What is planned to go out, for the bar on every page."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from accounts.tenancy import reading_scope
from campaigns.models import Campaign

#: Bars shown at once.
SHOWN: Final = 3
#: From then on the seconds are counted.
SOON: Final = timedelta(minutes=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """A campaign that waits for its time, or whose launch was refused when the time came."""

    id: int
    name: str
    at: datetime
    #: Left until then; 0 when it is over.
    seconds: int
    refused: bool

    @property
    def soon(self) -> bool:
        """Whether the seconds are counted."""
        return not self.refused and self.seconds <= SOON.total_seconds()


def pending_campaigns(*, tenant_id: UUID) -> list[Pending]:
    """The next ones, in the order of their time; one query by an index of nothing else."""
    now = timezone.now()
    with reading_scope(tenant_id):
        rows = Campaign.objects.filter(Q(state=Campaign.State.SCHEDULED) | ~Q(launch_refusal=""))
        found = rows.filter(scheduled_at__isnull=False).order_by("scheduled_at")
        values = list(found.values_list("pk", "name", "scheduled_at", "launch_refusal")[:SHOWN])
    return [
        Pending(
            id=pk,
            name=name,
            at=at,
            seconds=max(0, round((at - now).total_seconds())),
            refused=bool(refusal),
        )
        for pk, name, at, refusal in values
        if at is not None
    ]
