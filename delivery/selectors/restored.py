"""Whether this database is a restored copy, and what it may have sent already without knowing."""

from dataclasses import dataclass
from datetime import datetime

from delivery.models import Incarnation
from delivery.selectors.operations import ask


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Messages of one campaign (None: mail without a campaign) that may have been sent already."""

    tenant: str
    campaign: int | None
    name: str
    messages: int


def restored_at() -> datetime | None:
    """When the last restoration was noticed; None: never."""
    row = Incarnation.objects.first()
    return row.restored_at if row else None


def waiting() -> list[Waiting]:
    """What waits since before the restoration, over all tenants, by organization and campaign."""
    return [Waiting(**row) for row in ask("select * from ops_restored()")]
