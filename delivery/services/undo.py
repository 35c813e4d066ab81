"""Takes back suppressions that a wrong answer of a site made, at all organizations."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from accounts.audit import Actor
from campaigns.services.suppression import Chosen, undo_bounces
from delivery.exceptions import UnknownSite
from delivery.models import Site


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """How many addresses may be mailed again, and at how many organizations."""

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


def undo_suppressions(
    *,
    rule: str,
    sites: Sequence[int] | None,
    since: datetime,
    before: datetime,
    actor: Actor,
    dry_run: bool = False,
) -> Undone:
    """Deletes what this rule suppressed at these sites (None: any) in this time; audited at each.

    `dry_run` only counts. What bounced stays bounced; the addresses may be mailed again.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "select tenant_id from tenants_with_bounces(%s, %s::bigint[], %s, %s) order by 1",
            [rule, None if sites is None else list(sites), since, before],
        )
        tenants: list[UUID] = [row[0] for row in cursor.fetchall()]
    chosen = Chosen(rule=rule, sites=sites, since=since, before=before)
    counts = [
        undo_bounces(tenant_id=tenant_id, chosen=chosen, actor=actor, dry_run=dry_run)
        for tenant_id in tenants
    ]
    return Undone(addresses=sum(counts), tenants=len([count for count in counts if count]))


def _hosts(key: str) -> set[str]:
    """The MX hosts of a site's key."""
    return {host.strip().rstrip(".").lower() for host in key.replace(",", " ").split()}
