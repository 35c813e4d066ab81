"""What a session or a transaction came to, as a value."""

from dataclasses import dataclass
from enum import StrEnum

from relay_saas.mail.replies import Reply, Stage


class Kind(StrEnum):
    """How it ended. Only IN_DOUBT may have been delivered without our knowing."""

    #: The server answered; `reply` at `stage` is the outcome.
    REPLY = "reply"
    #: No usable session: connect, banner, EHLO or TLS failed. The next address may be tried.
    CONNECT_FAILED = "connect_failed"
    #: The session was lost before the final dot was written.
    LOST_BEFORE_DATA = "lost_before_data"
    #: The final dot was written and no readable reply came.
    IN_DOUBT = "in_doubt"
    #: A reused session died before MAIL was answered: nothing was tried, use another session.
    NOT_ATTEMPTED = "not_attempted"
    #: `before_dot` refused; the message was not completed.
    VETOED = "vetoed"
    #: The server does not offer what the message needs; `reply` is our own and nothing was sent.
    UNSUPPORTED = "unsupported"


class Cause(StrEnum):
    """Why there is no reply."""

    REFUSED = "refused"
    TIMEOUT = "timeout"
    CLOSED = "closed"
    #: The bytes were no reply, too many, or a code that does not belong at this stage.
    GARBAGE = "garbage"
    #: Bytes arrived while nothing was outstanding.
    SURPLUS = "surplus"
    TLS = "tls"
    #: TLS is required and was not offered.
    TLS_REQUIRED = "tls_required"


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """The server that is spoken to: its MX name, an IP address and a port."""

    host: str
    address: str
    port: int = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """The protocol version and cipher of a session, for example `TLSv1.3`, `TLS_AES_256_GCM_SHA384`."""

    version: str
    cipher: str
    #: Whether the host took an earlier session up again.
    resumed: bool = False


@dataclass(slots=True, kw_only=True)
class Outcome:
    """The end of one transaction, or of a session that could not be opened; never changed."""

    kind: Kind
    stage: Stage
    peer: Peer
    reply: Reply | None = None
    cause: Cause | None = None
    #: For people: what was unreadable, what the system said.
    detail: str = ""
    #: Milliseconds of each step that was waited for, in order.
    timings: tuple[tuple[Stage, int], ...] = ()
    tls: Tls | None = None
    #: Transactions that this session had before; 0 for a fresh one.
    reused: int = 0
    #: Whether MAIL, RCPT and DATA went out together.
    pipelined: bool = False
    #: Whether the body went by BDAT.
    chunked: bool = False

    @property
    def delivered(self) -> bool:
        """The server took the message: 2xx to the final dot."""
        at_dot = self.kind is Kind.REPLY and self.stage is Stage.DOT
        return at_dot and self.reply is not None and self.reply.positive


class SessionFailed(Exception):
    """No session could be opened; `outcome` says where and why."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(f"{outcome.stage}: {outcome.reply or outcome.detail or outcome.cause}")
        self.outcome = outcome


class Veto(Exception):
    """Raised by `before_dot` to stop a message whose last byte is not written yet."""
