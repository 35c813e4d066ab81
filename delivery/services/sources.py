"""Keeps the table of our own sending addresses equal to the settings."""

from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from delivery.exceptions import NoEgress
from delivery.models import EgressPool, EgressSource


@dataclass(frozen=True, slots=True, kw_only=True)
class Egress:
    """One entry of RELAY_EGRESS, `pool:address:helo`."""

    pool: str
    address: str
    helo: str


def configured() -> list[Egress]:
    """The sending addresses of this host; raises ImproperlyConfigured."""
    found = []
    for word in settings.RELAY_EGRESS:
        pool, _, rest = word.partition(":")
        address, _, helo = rest.rpartition(":")
        if not (pool and address and helo):
            raise ImproperlyConfigured(f"RELAY_EGRESS must list pool:address:helo, not {word!r}")
        found.append(Egress(pool=pool, address=address.strip("[]"), helo=helo))
    return found


def sync_sources() -> list[int]:
    """Writes what the settings say; returns the ids of this host's sources. Safe to repeat."""
    ids = []
    for egress in configured():
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
    names = [egress.pool for egress in configured()]
    if not names:
        raise NoEgress
    pool, _ = EgressPool.objects.get_or_create(name=names[0])
    return pool.pk
