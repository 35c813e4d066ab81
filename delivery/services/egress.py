"""Our sending addresses: which host speaks from which, in which pool, whose mail a pool carries, and how a
new address is warmed up."""

from collections.abc import Sequence
from datetime import date
from ipaddress import ip_address
from uuid import UUID

from django.db import connection

from accounts.services.domains import publish_hosts
from delivery.exceptions import BadEgress
from delivery.models import EgressPool, EgressSource, PoolAssignment, WarmupPlan
from delivery.services.sources import addresses_of_settings


def set_source(*, address: str, helo: str, host: str, pool: str) -> EgressSource:
    """Adds an address, or changes it, and publishes it (SPF, the name that it greets with); the pool is made
    when it is new. Raises BadEgress."""
    try:
        ip_address(address)
    except ValueError:
        raise BadEgress("not_an_address") from None
    if address in addresses_of_settings():
        raise BadEgress("in_settings")
    if not helo or not host or not pool:
        raise BadEgress("incomplete")
    found, _ = EgressPool.objects.get_or_create(name=pool)
    source, _ = EgressSource.objects.update_or_create(
        address=address, defaults={"helo": helo, "host": host, "pool": found}
    )
    # Where the zone's server is away, the next of the regular looks publishes it.
    publish_hosts()
    return source


def assign_pool(*, pool: EgressPool, tenant_id: UUID | None = None, stream: int | None = None) -> None:
    """This (any) tenant's mail of this (any) stream leaves from this pool, from its next launch on."""
    PoolAssignment.objects.update_or_create(tenant_id=tenant_id, stream=stream, defaults={"pool": pool})


def unassign_pool(*, tenant_id: UUID | None = None, stream: int | None = None) -> bool:
    """Takes that back; False where nothing was assigned."""
    gone, _ = PoolAssignment.objects.filter(tenant_id=tenant_id, stream=stream).delete()
    return bool(gone)


def plan_warmup(
    *,
    source: EgressSource,
    steps: Sequence[int],
    started_on: date,
    set_by: str,
    provider_id: int | None = None,
) -> WarmupPlan:
    """At most so many accepted messages a day, one step after the other; then any. Raises BadEgress."""
    if not steps or any(step < 0 for step in steps):
        raise BadEgress("bad_steps")
    plan, _ = WarmupPlan.objects.update_or_create(
        source_id=source.pk,
        provider_id=provider_id,
        defaults={"steps": list(steps), "started_on": started_on, "set_by": set_by},
    )
    return plan


def end_warmup(*, source: EgressSource, provider_id: int | None = None) -> bool:
    """The plan holds no more; False where there is none."""
    gone, _ = WarmupPlan.objects.filter(source_id=source.pk, provider_id=provider_id).delete()
    return bool(gone)


def today() -> date:
    """The day of warm-ups: by the database's clock, in UTC."""
    with connection.cursor() as cursor:
        cursor.execute("select (now() at time zone 'utc')::date")
        found: date = cursor.fetchone()[0]
    return found
