"""Keeps the table of our own sending addresses equal to the settings, and says which of them carry whose
mail."""

from collections.abc import Collection
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import connection

from accounts.services.dns_records import Egress, egress_sources
from accounts.services.domains import publish_hosts
from delivery.exceptions import NoEgress
from delivery.models import EgressPool, EgressSource

# Asked for every batch of mail that is accepted: as text, because compiling them takes longer than they do.
_POOL: Final = "select id from delivery_egresspool where name = %s"
#: The nearest assignment first: of the tenant before of all, of the stream before of all.
_CLOSEST: Final = """
select pool_id from delivery_poolassignment
where (of_tenant = %s or of_tenant is null) and (stream = %s or stream is null)
order by of_tenant nulls last, stream nulls last limit 1
"""


def sync_sources() -> list[int]:
    """Writes what the settings say, and publishes it where that was new; returns the ids of this host's
    sources. Safe to repeat."""
    wanted = egress_sources()
    # One question in nearly all runs, and mail waits meanwhile.
    known = _known([egress.address for egress in wanted])
    if all(
        known.get(egress.address, ())[1:] == (egress.pool, egress.helo, settings.RELAY_HOST_ID)
        for egress in wanted
    ):
        return [known[egress.address][0] for egress in wanted]
    ids, changed = [], False
    for egress in wanted:
        pool, _ = EgressPool.objects.get_or_create(name=egress.pool)
        source, made = EgressSource.objects.get_or_create(
            address=egress.address,
            defaults={"pool": pool, "helo": egress.helo, "host": settings.RELAY_HOST_ID},
        )
        if not made and (source.pool_id, source.helo, source.host) != (
            pool.pk,
            egress.helo,
            settings.RELAY_HOST_ID,
        ):
            source.pool, source.helo, source.host = pool, egress.helo, settings.RELAY_HOST_ID
            source.save(update_fields=["pool", "helo", "host"])
            made = True
        changed = changed or made
        ids.append(source.pk)
    if changed:
        publish_hosts()
    return ids


def _known(addresses: list[str]) -> dict[str, tuple[int, str, str, str]]:
    """Id, pool, name and machine of those that are in the table."""
    rows = EgressSource.objects.filter(address__in=addresses)
    return {
        address: (pk, pool, helo, host)
        for address, pk, pool, helo, host in rows.values_list("address", "pk", "pool__name", "helo", "host")
    }


def sources_of_table() -> list[Egress]:
    """All hosts' addresses, those of the operators' commands among them."""
    rows = EgressSource.objects.order_by("id").values_list("pool__name", "address", "helo")
    return [Egress(pool, address, helo) for pool, address, helo in rows]


def default_pool_id() -> int:
    """The pool that tenants share; raises NoEgress where no address is configured."""
    sources = egress_sources()
    if not sources:
        raise NoEgress
    with connection.cursor() as cursor:
        cursor.execute(_POOL, [sources[0].pool])
        found = cursor.fetchone()
    if found is not None:
        return int(found[0])
    return EgressPool.objects.get_or_create(name=sources[0].pool)[0].pk


def addresses_of_settings() -> set[str]:
    """The addresses that this host's settings name; the table follows them."""
    return {egress.address for egress in egress_sources()}


def pool_id_for(*, tenant_id: UUID, stream: int) -> int:
    """The pool of a tenant's stream: its own, the stream's, else the shared one. Raises NoEgress."""
    with connection.cursor() as cursor:
        cursor.execute(_CLOSEST, [tenant_id, stream])
        closest = cursor.fetchone()
    return int(closest[0]) if closest is not None else default_pool_id()


def hosts() -> list[str]:
    """The machines that speak from our addresses."""
    return list(EgressSource.objects.order_by("host").values_list("host", flat=True).distinct())


def hosts_of(pools: Collection[int]) -> list[str]:
    """The machines that speak from the addresses of these pools."""
    found = EgressSource.objects.filter(pool_id__in=pools).order_by("host")
    return list(found.values_list("host", flat=True).distinct())


def queue_of(host: str) -> str:
    """The Celery queue that only this machine's workers read."""
    return f"delivery.{host}"
