"""Who plays: tenants, and what they send to whom."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from scripts.scenarios.product import Product


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenant:
    """An organization with a verified sending domain."""

    id: str
    domain: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailing:
    """A campaign that was launched."""

    tenant: Tenant
    campaign: int
    emails: tuple[str, ...]
    #: When its launch was requested, in seconds since the epoch.
    launched: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What one tenant wants to send, and from which host its picture comes."""

    tenant: Tenant
    emails: Sequence[str]
    pictures: str = "pictures.test"


def tenants(product: Product, *slugs: str) -> list[Tenant]:
    """One for each slug, with the sending domain `news.<slug>.test`."""
    made = product.stage("tenants", slugs=list(slugs))
    return [Tenant(id=one["tenant"], domain=one["domain"]) for one in made]


def people(name: str, count: int, *domains: str) -> list[str]:
    """Addresses, spread evenly over the domains."""
    return [f"{name}{number}@{domains[number % len(domains)]}" for number in range(count)]


def send(product: Product, drafts: Iterable[Draft]) -> list[Mailing]:
    """Writes campaigns and launches all of them at once, in this order."""
    given = list(drafts)
    told = [
        {
            "tenant": one.tenant.id,
            "domain": one.tenant.domain,
            "emails": list(one.emails),
            "pictures": one.pictures,
        }
        for one in given
    ]
    numbers = product.stage("campaigns", drafts=told)
    pairs = [(one.tenant.id, number) for one, number in zip(given, numbers, strict=True)]
    times = product.stage("launch", pairs=pairs)
    return [
        Mailing(tenant=one.tenant, campaign=number, emails=tuple(one.emails), launched=at)
        for one, number, at in zip(given, numbers, times, strict=True)
    ]


def send_one(product: Product, tenant: Tenant, emails: Sequence[str]) -> Mailing:
    """One campaign of one tenant."""
    return send(product, [Draft(tenant=tenant, emails=emails)])[0]
