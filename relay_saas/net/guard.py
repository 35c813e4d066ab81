"""What this installation allows to be called, from its settings."""

from urllib.parse import urlsplit

from django.conf import settings

from relay_saas.net.target import Guard


def guard_from_settings() -> Guard:
    """The installation's guard."""
    own = urlsplit(settings.RELAY_BASE_URL).hostname or ""
    hosts = {own, *(host for host in settings.ALLOWED_HOSTS if host != "*")} - {""}
    return Guard(
        networks=tuple(settings.RELAY_WEBHOOK_NETWORKS),
        ports=tuple(settings.RELAY_WEBHOOK_PORTS),
        plain=settings.RELAY_WEBHOOK_HTTP,
        own_hosts=frozenset(host.lower().lstrip(".") for host in hosts),
    )
