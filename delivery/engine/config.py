"""What a queue run is told, as one frozen value."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from django.conf import settings

from accounts.selectors.signing import platform_key
from delivery.services.timings import timings
from relay_saas.mail.dkim import SigningKey
from relay_saas.mail.dns import CacheLimits, Network
from relay_saas.mail.retry import Timings
from relay_saas.mail.smtp.limits import Timeouts
from relay_saas.mail.tokens import TokenKeys

#: Where retries come within seconds, so must the second question about a domain.
_DEMO_LIMITS = CacheLimits(floor=7, negative=7, failure=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineConfig:
    """Made from the settings by `from_settings`, or by a test."""

    #: libpq URL of the role relay_dispatch.
    database_url: str
    #: Egress host: whose sources this run speaks from.
    host: str
    #: Runs that this host may have at once.
    slots: int
    data_dir: Path
    #: host and port of the name server; None: the system's.
    dns: tuple[str, int] | None
    dns_limits: CacheLimits
    smtp_port: int
    #: Ranges that may be delivered to beside public ones.
    networks: Sequence[Network]
    timings: Timings
    token_keys: TokenKeys
    #: `scheme`, and `:port` or nothing, of the tracking hosts.
    edge_scheme: str
    edge_port: str
    #: Signs beside the tenant's keys; None: nothing does.
    platform_key: SigningKey | None = None
    #: Names of the providers and pools whose mail it signs.
    platform_signs: Sequence[str] = ()
    #: Valkey, for rates; "": each run keeps its own share.
    valkey_url: str = ""
    #: Sessions of one run: one site may hold a tenth, all dead or unknown ones together a quarter.
    sessions: int = 1000
    #: How long servers may take.
    smtp_timeouts: Timeouts = field(default_factory=Timeouts)
    #: Seconds for which a run claims.
    claim_seconds: float = 50
    #: Seconds without work after which it ends.
    idle_seconds: float = 3
    #: Seconds that open final dots are awaited after a stop.
    stop_grace: float = 660
    #: Age of a heartbeat (seconds) at which others may doubt that its run lives.
    lease_seconds: float = 45

    @property
    def heartbeat_seconds(self) -> float:
        """Between two heartbeats."""
        return self.lease_seconds / 9

    @property
    def trusted_seconds(self) -> float:
        """Age of its own heartbeat at which a run writes no more dots: well before others doubt it."""
        return self.lease_seconds * 7 / 9

    @property
    def journal_dir(self) -> Path:
        """Journals of this host's runs."""
        return self.data_dir / "journal"

    @property
    def outage(self) -> timedelta:
        """How long a site that takes no connection is left alone at first."""
        return min(self.timings.otherwise.waits[0], timedelta(seconds=30))


def from_settings() -> EngineConfig:
    """The installation's engine."""
    dns_host, _, dns_port = settings.RELAY_DNS.rpartition(":")
    scheme, _, port = settings.RELAY_EDGE_SCHEME_PORT.partition("::")
    return EngineConfig(
        database_url=settings.DATABASE_DISPATCH_URL,
        host=settings.RELAY_HOST_ID,
        slots=settings.RELAY_QUEUE_RUNS,
        data_dir=Path(settings.RELAY_DATA_DIR),
        dns=(dns_host, int(dns_port)) if dns_host else None,
        dns_limits=_DEMO_LIMITS if settings.RELAY_TIMINGS == "demo" else CacheLimits(),
        smtp_port=settings.RELAY_SMTP_PORT,
        networks=tuple(settings.RELAY_DELIVERY_NETWORKS),
        timings=timings(),
        token_keys=TokenKeys(settings.RELAY_TOKEN_KEYS, next(iter(settings.RELAY_TOKEN_KEYS))),
        edge_scheme=scheme,
        edge_port=f":{port}" if port else "",
        platform_key=platform_key(),
        platform_signs=tuple(settings.RELAY_PLATFORM_SIGNS),
        valkey_url=settings.REDIS_URL,
        stop_grace=settings.RELAY_STOP_GRACE,
        lease_seconds=settings.RELAY_LEASE_SECONDS,
    )
