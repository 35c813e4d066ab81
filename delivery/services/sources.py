"""Keeps the table of our own sending addresses equal to the settings."""

from django.conf import settings

from accounts.services.dns_records import egress_sources
from delivery.exceptions import NoEgress
from delivery.models import EgressPool, EgressSource


def sync_sources() -> list[int]:
    """Writes what the settings say; returns the ids of this host's sources. Safe to repeat."""
    ids = []
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
        ids.append(source.pk)
    return ids


def default_pool_id() -> int:
    """The pool that tenants share; raises NoEgress where no address is configured."""
    sources = egress_sources()
    if not sources:
        raise NoEgress
    pool, _ = EgressPool.objects.get_or_create(name=sources[0].pool)
    return pool.pk
