"""An endpoint as a run knows it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from relay_saas.net.signature import key_of
from relay_saas.net.target import Guard, Target, parse_target
from tracking.models import WebhookEndpoint
from tracking.selectors.event_feed import FeedFilter
from tracking.services.webhook_secrets import Part, open_part


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointRow:
    """The columns of sql.BOARD, in their order."""

    id: int
    tenant_id: UUID
    url: str
    userinfo_sealed: bytes | None
    types: list[str]
    streams: list[int]
    tags: list[str]
    mode: str
    format: str
    batch: int
    state: str
    secret_sealed: bytes
    old_secret_sealed: bytes | None
    old_secret_until: datetime | None
    position: int
    failures: int
    open_until: datetime | None
    last: int
    fresh: bool
    waiting: int
    due: bool
    replay_id: int | None

    @property
    def chosen(self) -> FeedFilter:
        """What it asks for."""
        test = self.mode == WebhookEndpoint.Mode.TEST
        return FeedFilter(types=self.types, streams=self.streams, tags=self.tags, test=test)

    def resting(self, now: datetime) -> bool:
        """Whether it is left alone after failures."""
        return self.open_until is not None and self.open_until > now

    def keys(self, now: datetime) -> list[bytes]:
        """What signs now, the newest first."""
        plain = [self._open(self.secret_sealed, Part.SIGNING)]
        until = self.old_secret_until
        if self.old_secret_sealed is not None and until is not None and now < until:
            plain.append(self._open(self.old_secret_sealed, Part.SIGNING))
        return [key_of(secret) for secret in plain]

    def userinfo(self) -> str:
        """`name:password`, or nothing."""
        return self._open(self.userinfo_sealed, Part.USERINFO) if self.userinfo_sealed else ""

    def target(self, guard: Guard) -> Target:
        """Where it is; raises BadUrl where the installation does not allow it any more."""
        return parse_target(self.url, guard)

    def _open(self, sealed: bytes, part: Part) -> str:
        return open_part(sealed, tenant_id=self.tenant_id, endpoint_id=self.id, part=part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call to be made."""

    tenant_id: UUID
    id: UUID
    endpoint_id: int
    webhook_id: str
    body: str
    attempts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A call that was made, as it is written down."""

    call: Call
    at: datetime
    milliseconds: int
    address: str = ""
    request_headers: str = ""
    status: int | None = None
    error: str = ""
    detail: str = ""
    response_headers: str = ""
    response_body: str = ""
    response_cut: bool = False
    verdict: str = "waiting"
    next_at: datetime | None = None
    gone: bool = False
