"""The machines that send, as operators see them."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, F, Max
from django.db.models.functions import Extract, Now

from delivery.models import EgressHost, QueueRun


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """One machine."""

    name: str
    #: Open queue runs.
    runs: int
    #: Seconds since the last heartbeat of an open run, by the database's clock; None without open runs.
    silent: float | None
    dead_at: datetime | None
    dead_reason: str


def hosts() -> list[Host]:
    """All that ever reported a start, by name."""
    open_runs = (
        QueueRun.objects.filter(closed_at=None)
        .values("host")
        .annotate(runs=Count("id"), silent=Extract(Now() - Max(F("heartbeat_at")), "epoch"))
    )
    found = {row["host"]: row for row in open_runs}
    return [
        Host(
            name=host.name,
            runs=found[host.name]["runs"] if host.name in found else 0,
            silent=float(found[host.name]["silent"]) if host.name in found else None,
            dead_at=host.dead_at,
            dead_reason=host.dead_reason,
        )
        for host in EgressHost.objects.order_by("name")
    ]
