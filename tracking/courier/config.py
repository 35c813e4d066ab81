"""What a run is told, as one frozen value."""

from dataclasses import dataclass, field

from django.conf import settings

from relay_saas.net.guard import guard_from_settings
from relay_saas.net.http_client import Limits
from relay_saas.net.target import Guard


@dataclass(frozen=True, slots=True, kw_only=True)
class CourierConfig:
    """Made from the settings by `from_settings`, or by a test."""

    #: libpq URL of the role relay_dispatch.
    database_url: str
    guard: Guard
    #: host and port of the name server; None: the system's.
    dns: tuple[str, int] | None = None
    #: Path of authorities beside the system's; "": none.
    cafile: str = ""
    #: Runs at once, over all hosts.
    slots: int = 1
    #: Calls at once of a run, of one endpoint, and of all endpoints that fail.
    calls: int = 200
    endpoint_calls: int = 16
    failing_calls: int = 50
    #: Seconds until connected, and those of the answer.
    connect_seconds: float = 5
    limits: Limits = field(default_factory=Limits)
    #: Calls of one endpoint that wait at once; further events stay in the feed.
    backlog: int = 1000
    #: Seconds for which a call is leased; longer than it can take.
    lease_seconds: float = 60
    #: Seconds for which a run works, and after which it ends without work.
    work_seconds: float = 50
    idle_seconds: float = 5
    #: Days for which events and calls are kept.
    days: int = 30
    #: Seconds between two looks at the table of endpoints.
    look_seconds: float = 0.2


def from_settings() -> CourierConfig:
    """The installation's courier."""
    host, _, port = settings.RELAY_DNS.rpartition(":")
    return CourierConfig(
        database_url=settings.DATABASE_DISPATCH_URL,
        guard=guard_from_settings(),
        dns=(host, int(port)) if host else None,
        cafile=settings.RELAY_WEBHOOK_CA,
        slots=settings.RELAY_WEBHOOK_RUNS,
        days=settings.RELAY_EVENT_DAYS,
    )
