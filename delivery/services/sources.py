"""Keeps the table of our own sending addresses equal to the settings, and says which of them carry whose
mail."""

from uuid import UUID

from django.conf import settings
from django.db.models import F, Q

from accounts.services.dns_records import Egress, egress_sources
from accounts.services.domains import publish_hosts
from delivery.exceptions import NoEgress
from delivery.models import EgressPool, EgressSource, PoolAssignment


def sync_sources() -> list[int]:
    """Writes what the settings say, and publishes it where that was new; returns the ids of this host's
    sources. Safe to repeat."""
    ids, changed = [], False
    for egress in egress_sources():
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


def sources_of_table() -> list[Egress]:
    """All hosts' addresses, those of the operators' commands among them."""
    rows = EgressSource.objects.order_by("id").values_list("pool__name", "address", "helo")
    return [Egress(pool, address, helo) for pool, address, helo in rows]


def default_pool_id() -> int:
    """The pool that tenants share; raises NoEgress where no address is configured."""
    sources = egress_sources()
    if not sources:
        raise NoEgress
    pool, _ = EgressPool.objects.get_or_create(name=sources[0].pool)
    return pool.pk


def addresses_of_settings() -> set[str]:
    """The addresses that this host's settings name; the table follows them."""
    return {egress.address for egress in egress_sources()}


def pool_id_for(*, tenant_id: UUID, stream: int) -> int:
    """The pool of a tenant's stream: its own, the stream's, else the shared one. Raises NoEgress."""
    closest = (
        PoolAssignment.objects.filter(Q(tenant_id=tenant_id) | Q(tenant_id=None))
        .filter(Q(stream=stream) | Q(stream=None))
        .order_by(F("tenant_id").asc(nulls_last=True), F("stream").asc(nulls_last=True))
        .values_list("pool_id", flat=True)
        .first()
    )
    return closest if closest is not None else default_pool_id()


def hosts() -> list[str]:
    """The machines that speak from our addresses."""
    return list(EgressSource.objects.order_by("host").values_list("host", flat=True).distinct())


def queue_of(host: str) -> str:
    """The Celery queue that only this machine's workers read."""
    return f"delivery.{host}"
