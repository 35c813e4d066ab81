"""An organization's figures by day and by provider, from the sums of minutes and hours alone."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Sum
from django.db.models.functions import TruncDate

from delivery.models import AttemptState, Provider, Rollup
from tracking.models import EngagementRollup

#: What rows may be split by.
BY: Final = ("day", "provider")


@dataclass(slots=True, kw_only=True)
class StatsRow:
    """Attempts by state, and what people did, of one day, of one provider, or of all."""

    day: date | None = None
    provider: str | None = None
    attempts: dict[str, int] = field(default_factory=dict)
    #: Messages that a person did it with; not known by provider.
    people: dict[str, int] = field(default_factory=dict)


def stats_of(
    *, tenant_id: UUID, since: datetime, before: datetime, zone: ZoneInfo, by: Collection[str]
) -> list[StatsRow]:
    """Rows in the order of days and providers; days are those of `zone`. Three queries at most."""
    rows: dict[tuple[Any, Any], StatsRow] = {}
    attempts = Rollup.objects.filter(tenant_id=tenant_id, minute__gte=since, minute__lt=before)
    for key, state, n in _sums(attempts, "minute", by, zone, kind="state", number="n"):
        row = rows.setdefault(key, StatsRow())
        row.attempts[AttemptState(state).name.lower()] = n
    if "provider" not in by:
        did = EngagementRollup.objects.filter(
            tenant_id=tenant_id, hour__gte=since, hour__lt=before, machine=False, messages__gt=0
        )
        for key, kind, n in _sums(did, "hour", by, zone, kind="kind", number="messages"):
            rows.setdefault(key, StatsRow()).people[kind] = n
    names = _providers({provider for _day, provider in rows if provider is not None})
    for (day, provider), row in rows.items():
        row.day = day
        row.provider = None if provider is None else names[provider]
    return sorted(rows.values(), key=lambda row: (row.day or date.min, row.provider or ""))


def _sums(
    found: Any, time: str, by: Collection[str], zone: ZoneInfo, *, kind: str, number: str
) -> list[tuple[tuple[Any, Any], Any, int]]:
    columns = [kind]
    if "day" in by:
        found = found.annotate(day=TruncDate(time, tzinfo=zone))
        columns.append("day")
    if "provider" in by:
        columns.append("provider_id")
    sums = found.values(*columns).annotate(sum=Sum(number)).order_by()
    return [((one.get("day"), one.get("provider_id")), one[kind], one["sum"]) for one in sums]


def _providers(ids: Collection[int]) -> dict[int, str]:
    names: dict[int, str] = defaultdict(lambda: "unknown")
    names.update(Provider.objects.filter(pk__in=ids).exclude(pk=0).values_list("pk", "name"))
    return names
