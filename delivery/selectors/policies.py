"""Which policies hold for a place: what an operator, a rule or the engine stopped or slowed down there."""

from dataclasses import asdict, dataclass
from uuid import UUID

from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from delivery.models import PolicyState
from delivery.models.policy import DOMAIN_DRIFT


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a message waits. A part that is not known is None (the domain: ""): only policies that say
    nothing of it hold."""

    tenant_id: UUID
    stream: int
    pool_id: int | None = None
    source_id: int | None = None
    site_id: int | None = None
    provider_id: int | None = None
    campaign_id: int | None = None
    #: The tenant's sending domain.
    domain: str = ""


def active_policies() -> QuerySet[PolicyState]:
    """What holds now, newest first."""
    return PolicyState.objects.filter(Q(until=None) | Q(until__gt=Now()), ended_at=None).order_by("-id")


def _about(place: Place) -> Q:
    """Without a campaign, what names another domain of the organization holds this one's mail as well; a
    paused domain's alone is set apart (services/domain_gates.py)."""
    own = Q(domain__in={"", place.domain})
    beside = Q(tenant_id=place.tenant_id) & ~Q(rule=DOMAIN_DRIFT)
    return own if place.campaign_id is not None else own | beside


def policies_at(place: Place) -> list[PolicyState]:
    """What holds for all that waits there, newest first; not what is about one server of a site."""
    found = active_policies().filter(_about(place), host="")
    for name, value in asdict(place).items():
        if name != "domain":
            anything = Q(**{name: None})
            found = found.filter(anything if value is None else anything | Q(**{name: value}))
    return list(found)
