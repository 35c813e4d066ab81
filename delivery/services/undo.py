"""Takes back suppressions that a wrong answer of a site made, or confirms them, at all organizations."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from accounts.audit import Actor
from campaigns.services.suppression import Chosen, confirm_bounces, undo_bounces
from delivery.exceptions import UnknownSite
from delivery.models import Site
from delivery.selectors.struck import Struck


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """How many addresses it was about, and at how many organizations."""

    addresses: int
    tenants: int


def find_sites(*, site: str = "", provider: str = "") -> list[int] | None:
    """The sites that have this MX host, or belong to this provider; None for all. Raises UnknownSite."""
    if not site and not provider:
        return None
    rows = Site.objects.filter(provider__name__iexact=provider) if provider else Site.objects.all()
    if site:
        rows = rows.filter(key__icontains=site.rstrip("."))
    found = [row.pk for row in rows if not site or site.rstrip(".").lower() in _hosts(row.key)]
    if not found:
        raise UnknownSite
    return found


def chosen_of(group: Struck) -> Chosen:
    """What deciding on a group is about: what is still provisional of it."""
    sites = Site.objects.filter(provider_id=group.provider_id).values_list("pk", flat=True)
    return Chosen(rule=group.rule, sites=list(sites), since=group.hour, before=group.before, provisional=True)


def undo_suppressions(*, chosen: Chosen, actor: Actor, dry_run: bool = False) -> Decided:
    """Deletes these suppressions at all organizations; audited at each. `dry_run` only counts.

    What bounced stays bounced; the addresses may be mailed again.
    """
    return _everywhere(undo_bounces, chosen, actor, dry_run=dry_run)


def confirm_suppressions(*, chosen: Chosen, actor: Actor, dry_run: bool = False) -> Decided:
    """Says that the bounces were right: these are provisional no longer. Audited at each organization."""
    return _everywhere(confirm_bounces, chosen, actor, dry_run=dry_run)


def _everywhere(decide: Callable[..., int], chosen: Chosen, actor: Actor, *, dry_run: bool) -> Decided:
    sites = None if chosen.sites is None else list(chosen.sites)
    with connection.cursor() as cursor:
        cursor.execute(
            "select tenant_id from tenants_with_bounces(%s, %s::bigint[], %s, %s) order by 1",
            [chosen.rule, sites, chosen.since, chosen.before],
        )
        tenants: list[UUID] = [row[0] for row in cursor.fetchall()]
    counts = [
        decide(tenant_id=tenant_id, chosen=chosen, actor=actor, dry_run=dry_run) for tenant_id in tenants
    ]
    return Decided(addresses=sum(counts), tenants=len([count for count in counts if count]))


def _hosts(key: str) -> set[str]:
    """The MX hosts of a site's key."""
    return {host.strip().rstrip(".").lower() for host in key.replace(",", " ").split()}
