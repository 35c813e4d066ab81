"""How many people a list has, and the organization in all: kept by triggers, never counted for a page.

The scope must be open, as on every page.
"""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db.models import Sum

from campaigns.models import Headcount

#: In place of a list: all contacts.
EVERYBODY: Final = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Heads:
    """People who are on a list, and people who have left it."""

    here: int = 0
    away: int = 0

    @property
    def total(self) -> int:
        """Both."""
        return self.here + self.away


def headcounts(*, tenant_id: UUID) -> dict[int, Heads]:
    """By list, and EVERYBODY; what is missing has nobody. One query."""
    rows = Headcount.objects.filter(tenant_id=tenant_id).values("mailing_list_id")
    sums = rows.annotate(present=Sum("here"), left=Sum("away")).order_by()
    return {row["mailing_list_id"]: Heads(here=row["present"], away=row["left"]) for row in sums}
