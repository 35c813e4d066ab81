"""One connection to a server: greeting, TLS, and a transaction per recipient (RFC 5321, RFC 3207)."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from ipaddress import ip_address

from relay_saas.mail.replies import Reply, Stage
from relay_saas.mail.smtp.chunked import ChunkedTransaction, Chunking, fits
from relay_saas.mail.smtp.limits import Timeouts
from relay_saas.mail.smtp.outcome import Cause, Kind, Outcome, Peer, SessionFailed, Tls
from relay_saas.mail.smtp.protocol import Lost, SmtpProtocol
from relay_saas.mail.smtp.tls import ResumingContext, TlsPolicy, opportunistic_context
from relay_saas.mail.smtp.transaction import Outgoing, Transaction, unsupported

#: Linux: choose the local port at connect, so that each destination has the whole port range.
_IP_BIND_ADDRESS_NO_PORT = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How we present ourselves and how long we wait; one per egress address, shared by its sessions."""

    helo: str
    #: The local address to speak from; None lets the system choose.
    source: str | None = None
    timeouts: Timeouts = field(default_factory=Timeouts)
    tls: TlsPolicy = TlsPolicy.OPPORTUNISTIC
    context: ResumingContext = field(default_factory=opportunistic_context)
    #: False is for hosts whose PIPELINING is known to be broken.
    pipelining: bool = True
    chunking: Chunking = Chunking.NEVER


class Session:
    """An open connection after EHLO; made by `open_session`, used by one task at a time."""

    def __init__(self, peer: Peer, options: Options, protocol: SmtpProtocol) -> None:
        self.peer = peer
        self.options = options
        self.tls: Tls | None = None
        self.capabilities: dict[str, tuple[str, ...]] = {}
        #: RCPT commands so far, refused ones too.
        self.rcpt_count = 0
        self.transactions = 0
        self._protocol = protocol
        self._busy = False
        #: Whether a reply to the transaction before could still be on its way.
        self._stale = False

    @property
    def usable(self) -> bool:
        """Whether another transaction may begin: open, idle, and nothing was said unasked."""
        return self._protocol.lost is None and not self._busy and not self._protocol.outstanding

    @property
    def pipelining(self) -> bool:
        """Whether MAIL, RCPT and DATA go out together."""
        return self.options.pipelining and "PIPELINING" in self.capabilities

    async def transaction(
        self,
        message: Outgoing,
        before_dot: Callable[[], Awaitable[None]],
        before_data: Callable[[], None] = lambda: None,
    ) -> Outcome:
        """Send one message to one recipient.

        Everything that can stop it must be done before; `before_dot` runs when all body bytes have left our
        buffers and nothing but the dot is missing, `before_data` where DATA is still to be written after
        RCPT was answered (without PIPELINING). Both may raise Veto (outcome VETOED); any other error and
        a cancellation close the connection and pass through. Raises BadMessage for bytes that must never be
        written, RuntimeError where the session is in use.
        """
        if self._busy:
            raise RuntimeError("the session is in use")
        message.check()
        missing = unsupported(message, self.capabilities)
        if missing is not None:
            return Outcome(
                kind=Kind.UNSUPPORTED, stage=Stage.MAIL, peer=self.peer, reply=missing, tls=self.tls
            )
        self._busy = True
        work = self._work(message)
        try:
            return await work.run(
                before_dot, before_data, extensions=self.capabilities, reset_first=self._stale
            )
        except BaseException:
            self.abort()
            raise
        finally:
            self._busy = False
            self.rcpt_count += work.rcpt_commands
            self.transactions += 1
            self._stale = not work.reset

    def _work(self, message: Outgoing) -> Transaction:
        kind = ChunkedTransaction if self._chunks(message) else Transaction
        work = kind(
            self._protocol,
            self.options.timeouts,
            message,
            pipelining=self.pipelining,
            peer=self.peer,
            tls=self.tls,
            reused=self.transactions,
        )
        if isinstance(work, ChunkedTransaction):
            work.proven = self.options.chunking is Chunking.PROVEN
        return work

    def _chunks(self, message: Outgoing) -> bool:
        """Whether the body goes by BDAT."""
        chunking = self.options.chunking
        if chunking is Chunking.NEVER or not self.pipelining or "CHUNKING" not in self.capabilities:
            return False
        return fits(message) and (chunking is Chunking.PROVEN or self.transactions > 0)

    async def quit(self) -> None:
        """Say QUIT, wait shortly for the answer and close; never raises."""
        if self.usable:
            self._protocol.send(b"QUIT\r\n", replies=1)
            with contextlib.suppress(Lost):
                await self._protocol.reply(self.options.timeouts.quit)
        self.abort()
        await self._protocol.closed()

    def abort(self) -> None:
        """Close at once, without a word."""
        self._protocol.fail(Lost(Cause.CLOSED, "by us"))

    async def closed(self) -> None:
        """Wait until the connection is gone, whoever ends it."""
        await self._protocol.closed()


async def open_session(peer: Peer, options: Options) -> Session:
    """Connect, read the banner, greet, and secure where offered; raises SessionFailed with the outcome."""
    opening = _Opening(peer, options)
    try:
        return await opening.run()
    except Lost as lost:
        failed = SessionFailed(opening.outcome(lost))
        await opening.closed()
        raise failed from lost
    except BaseException:
        opening.abort()
        raise


class _Refused(Lost):
    """A reply that ends the greeting."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(Cause.REFUSED)
        self.reply = reply


class _Opening:
    """The steps from connect to EHLO, with the stage and time of each."""

    def __init__(self, peer: Peer, options: Options) -> None:
        self._peer = peer
        self._options = options
        self._protocol: SmtpProtocol | None = None
        self._stage = Stage.CONNECT
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()
        self._timings: list[tuple[Stage, int]] = []

    async def run(self) -> Session:
        timeouts = self._options.timeouts
        protocol = self._protocol = await self._connect()
        self._enter(Stage.BANNER)
        await self._positive(protocol, timeouts.banner)
        session = Session(self._peer, self._options, protocol)
        self._enter(Stage.EHLO)
        session.capabilities = await self._greet(protocol)
        if self._options.tls is not TlsPolicy.NEVER:
            self._enter(Stage.TLS)
            if (secured := await self._secure(protocol, session.capabilities)) is not None:
                session.tls = tls_of(secured)
                self._enter(Stage.EHLO)
                session.capabilities = await self._greet(protocol)
                self._options.context.remember(self._name, secured)
        return session

    def outcome(self, lost: Lost) -> Outcome:
        self._note_time()
        self.abort()
        return Outcome(
            kind=Kind.CONNECT_FAILED,
            stage=self._stage,
            peer=self._peer,
            reply=lost.reply if isinstance(lost, _Refused) else None,
            cause=lost.cause,
            detail=lost.detail,
            timings=tuple(self._timings),
        )

    def abort(self) -> None:
        if self._protocol is not None:
            self._protocol.fail(Lost(Cause.CLOSED, "by us"))

    async def closed(self) -> None:
        if self._protocol is not None:
            await self._protocol.closed()

    def _enter(self, stage: Stage) -> None:
        self._note_time()
        self._stage = stage

    def _note_time(self) -> None:
        now = self._loop.time()
        self._timings.append((self._stage, round((now - self._began) * 1000)))
        self._began = now

    async def _connect(self) -> SmtpProtocol:
        family = socket.AF_INET6 if ip_address(self._peer.address).version == 6 else socket.AF_INET
        # With the protocol named, asyncio sets TCP_NODELAY: else each dot waits for a delayed ACK.
        sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        try:
            sock.setblocking(False)  # noqa: FBT003 - positional only
            if self._options.source is not None:
                with contextlib.suppress(OSError):
                    sock.setsockopt(socket.IPPROTO_IP, _IP_BIND_ADDRESS_NO_PORT, 1)
                sock.bind((self._options.source, 0))
            async with asyncio.timeout(self._options.timeouts.connect):
                await self._loop.sock_connect(sock, (self._peer.address, self._peer.port))
            _, protocol = await self._loop.create_connection(_expecting_banner, sock=sock)
        except TimeoutError as error:
            sock.close()
            raise Lost(Cause.TIMEOUT) from error
        except OSError as error:
            sock.close()
            raise Lost(Cause.CLOSED, error.strerror or type(error).__name__) from error
        except BaseException:
            sock.close()
            raise
        return protocol

    async def _greet(self, protocol: SmtpProtocol) -> dict[str, tuple[str, ...]]:
        """EHLO, and HELO for those who do not know it."""
        helo = self._options.helo.encode("ascii")
        protocol.send(b"EHLO " + helo + b"\r\n", replies=1)
        reply = await protocol.reply(self._options.timeouts.ehlo)
        if reply.positive:
            return capabilities_of(reply)
        if not reply.permanent:
            raise _Refused(reply)
        protocol.send(b"HELO " + helo + b"\r\n", replies=1)
        await self._positive(protocol, self._options.timeouts.ehlo)
        return {}

    @property
    def _name(self) -> str:
        return self._peer.host.rstrip(".")

    async def _secure(
        self, protocol: SmtpProtocol, capabilities: dict[str, tuple[str, ...]]
    ) -> ssl.SSLObject | None:
        """STARTTLS; None where the session stays in clear and may."""
        required = self._options.tls is TlsPolicy.REQUIRED
        if "STARTTLS" not in capabilities:
            if required:
                raise Lost(Cause.TLS_REQUIRED)
            return None
        protocol.send(b"STARTTLS\r\n", replies=1)
        reply = await protocol.reply(self._options.timeouts.ehlo)
        if not reply.positive:
            if required or reply.code == 421:
                raise _Refused(reply)
            return None
        context = self._options.context
        try:
            return await protocol.start_tls(context, self._name, self._options.timeouts.tls)
        except Lost:
            context.forget(self._name)
            raise

    async def _positive(self, protocol: SmtpProtocol, seconds: float) -> Reply:
        reply = await protocol.reply(seconds)
        if not reply.positive:
            raise _Refused(reply)
        return reply


def capabilities_of(reply: Reply) -> dict[str, tuple[str, ...]]:
    """The keywords of an EHLO reply (upper case) with their parameters; the first line is the greeting."""
    found: dict[str, tuple[str, ...]] = {}
    for line in reply.lines[1:]:
        keyword, *parameters = line.replace("=", " ", 1).upper().split() or [""]
        if keyword:
            found[keyword] = tuple(parameters)
    return found


def tls_of(secured: ssl.SSLObject) -> Tls:
    """What is told about a secured session."""
    cipher = secured.cipher()
    return Tls(
        version=secured.version() or "",
        cipher=cipher[0] if cipher else "",
        resumed=bool(secured.session_reused),
    )


def _expecting_banner() -> SmtpProtocol:
    protocol = SmtpProtocol()
    protocol.expect()
    return protocol
