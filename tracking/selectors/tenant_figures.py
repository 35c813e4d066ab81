"""What operators see of every organization, by a listed function of the database."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from delivery.selectors.operations import ask

#: Gmail and Yahoo ask senders to stay below the first, and refuse mail above the second (in percent).
COMPLAINTS_WARN: Final = 0.1
COMPLAINTS_MOST: Final = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantFigures:
    """An organization: attempts since midnight UTC; what campaigns of 30 days delivered, and complaints."""

    tenant_id: UUID
    slug: str
    name: str
    created_at: datetime
    today: int
    delivered_today: int
    bounced_today: int
    delivered: int
    complained: int

    @property
    def complaint_rate(self) -> float | None:
        """In percent of what was delivered; None before anything was."""
        return 100 * self.complained / self.delivered if self.delivered else None

    @property
    def complaint_kind(self) -> str:
        """`ok`, `warning` or `danger`."""
        rate = self.complaint_rate or 0
        if rate >= COMPLAINTS_MOST:
            return "danger"
        return "warning" if rate >= COMPLAINTS_WARN else "ok"


def tenant_figures(*, wanted: str = "", most: int) -> list[TenantFigures]:
    """Most mail of today first; `wanted` is a slug, an id or the beginning of a name."""
    rows = ask("select * from ops_tenant_figures(%s, %s)", [wanted, most])
    return [TenantFigures(**row) for row in rows]
