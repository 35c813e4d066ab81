"""An operator's word that a machine is gone: a silent host offers no other proof, unless it starts again."""

from django.conf import settings
from django.db.models.functions import Now

from delivery.exceptions import HostLives, UnknownHost
from delivery.models import EgressHost
from delivery.selectors.hosts import hosts


def declare_dead(*, name: str, reason: str, by: str) -> int:
    """Lets any other host take back what this one held, all of it in doubt; returns its open runs.

    Raises UnknownHost, and HostLives where a heartbeat is younger than the lease. A host that comes back may
    send again: what it starts from then on is not meant.
    """
    host = next((host for host in hosts() if host.name == name), None)
    if host is None:
        raise UnknownHost
    if host.silent is not None and host.silent <= settings.RELAY_LEASE_SECONDS:
        raise HostLives
    EgressHost.objects.filter(name=name).update(dead_at=Now(), dead_reason=reason, dead_by=by)
    return host.runs
