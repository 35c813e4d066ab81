"""One client's connection: aiosmtpd's command loop under our own deadlines, limits and TLS."""

import asyncio
import functools
import logging
import re
import ssl
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar, Final, Protocol, TypeVar, cast

from aiosmtpd.smtp import SMTP, Session

from accounts.services.smtp_credentials import AuthenticatedCredential
from delivery.submission import replies
from delivery.submission.arguments import Mail, Recipient, Refused
from delivery.submission.committer import Committer
from delivery.submission.gate import Gate
from delivery.submission.limits import COMMAND, COMMANDS, Limits
from delivery.submission.reader import Inflow, Lost

log = logging.getLogger(__name__)

#: Whatever programs call themselves; only what could not stand in a log line is refused.
_HOST: Final = re.compile(r"[!-~\u00a1-\ud7ff]{1,255}")
Client = TypeVar("Client", bound="Connection")
Answer = TypeVar("Answer")


def command(
    function: Callable[[Client, str | None], Awaitable[None]],
) -> Callable[[Client, str | None], Awaitable[None]]:
    """A command whose refusals are replies."""

    @functools.wraps(function)
    async def answered(self: Client, argument: str | None) -> None:
        try:
            await function(self, argument)
        except Refused as refusal:
            await self.push(refusal.reply)

    return answered


class Server(Protocol):
    """As much of the server as its connections ask for."""

    limits: Limits
    host_name: str
    tls: ssl.SSLContext
    gate: Gate
    committer: Committer

    def admit(self, session: "Connection", peer: str) -> str | None:
        """Counts a connection in, or says why not."""

    def dismiss(self, session: "Connection", peer: str, credential: AuthenticatedCredential | None) -> None:
        """It is over."""

    def take_room(self, octets: int) -> bool:
        """Whether so much more may be received."""

    def give_room(self, octets: int) -> None:
        """It is written, or gone."""

    async def in_thread(self, work: Callable[[], Answer]) -> Answer:
        """A short question to the database."""


class Connection(SMTP):
    """Greeting and encryption; what a session is made of, and how it ends."""

    line_length_limit = 65536
    #: What aiosmtpd looks for in a connection.
    looked_for: ClassVar[list[str]] = []

    def __init_subclass__(cls) -> None:
        names = (name for base in cls.__mro__ for name in vars(base))
        cls.looked_for = [name for name in names if name.startswith(("smtp_", "auth_"))]

    def __init__(self, server: Server) -> None:
        limits = server.limits
        super().__init__(
            server,
            data_size_limit=limits.message,
            enable_SMTPUTF8=True,
            hostname=server.host_name,
            ident="ESMTP",
            timeout=limits.idle,
            tls_context=None,
            loop=asyncio.get_running_loop(),
        )
        self.command_size_limit = COMMAND
        self.command_size_limits = defaultdict(lambda: COMMAND, COMMANDS)
        self._server = server
        self._limits = limits
        self._peer: str | None = None
        self._credential: AuthenticatedCredential | None = None
        self._failures = self._errors = self._messages = 0
        self._deadlines: list[asyncio.TimerHandle] = []
        self._inflow: Inflow | None = None
        self._mail: Mail | None = None
        self._recipients: list[Recipient] = []

    def __dir__(self) -> list[str]:
        """Its commands: aiosmtpd looks at every member of a connection that it makes, which takes a
        millisecond."""
        return self.looked_for

    # --- the connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greets, or says 421 and hangs up."""
        peer = str((transport.get_extra_info("peername") or ("",))[0])
        refusal = self._server.admit(self, peer)
        if refusal is not None:
            _say_last(transport, refusal)
            return
        self._peer = peer
        super().connection_made(transport)
        self._deadlines = [
            self.loop.call_later(self._limits.login, self._end_login),
            self.loop.call_later(self._limits.session, self._hang_up, "421 4.4.2 This session took too long"),
        ]

    def connection_lost(self, error: Exception | None) -> None:
        """Makes room for another one."""
        for deadline in self._deadlines:
            deadline.cancel()
        if self._inflow is not None:
            self._inflow.close()
        if self._peer is None:
            return
        self._server.dismiss(self, self._peer, self._credential)
        self._peer = None
        super().connection_lost(error)

    def eof_received(self) -> bool | None:
        """A refused client has no session that could end."""
        return super().eof_received() if self._peer is not None else None

    def hang_up_politely(self) -> None:
        """The server stops: nobody is cut off in a message that is being written."""
        self._hang_up("421 4.3.2 The server is stopping")

    def abort(self) -> None:
        """Ends it at once."""
        if self.transport is not None:
            _abort(self.transport)

    def _timeout_cb(self) -> None:
        self._hang_up("421 4.4.2 Nothing was said for too long")

    def _end_login(self) -> None:
        if self._credential is None:
            self._hang_up("421 4.4.2 Sign in sooner")

    def _hang_up(self, reply: str) -> None:
        transport = self.transport
        if transport is not None and not transport.is_closing():
            _say_last(transport, reply)
            # What the client never reads must not keep its place.
            self.loop.call_later(self._limits.farewell, _abort, transport)

    def _secure(self) -> bool:
        transport = self.transport
        return transport is not None and transport.get_extra_info("sslcontext") is not None

    async def push(self, status: Any) -> None:
        """One reply, with an enhanced code; too many refusals end the session."""
        transport = self.transport
        if transport is None or transport.is_closing():
            # Whoever was hung up on hears nothing more, and the loop hears that it is over.
            await asyncio.sleep(0)
            return
        reply = replies.with_code(status if isinstance(status, str) else status.decode())
        if reply[:1] in "45" and not reply.startswith("421"):
            self._errors += 1
            most = self._limits.errors if self._credential is None else self._limits.errors_signed_in
            if self._errors > most:
                self._hang_up("421 4.7.0 Too many errors")
                return
        await super().push(reply)

    async def handle_exception(self, error: Exception) -> str:
        """Whatever goes wrong here is ours: the client keeps its mail and comes again."""
        if not isinstance(error, (ConnectionError, Lost)):
            log.error("submission session failed", exc_info=error)
        return replies.TRY_LATER

    # --- greeting, TLS, sign-in

    async def smtp_EHLO(self, hostname: str | None) -> None:  # noqa: N802 - aiosmtpd looks for these names
        """What is offered: AUTH under TLS alone, DSN to credentials that get reports."""
        if not hostname or not _HOST.fullmatch(hostname):
            await self.push("501 5.5.4 Say EHLO and a host name")
            return
        self._greet(hostname, extended=True)
        offered = [
            self.hostname,
            f"SIZE {self._limits.message}",
            "8BITMIME",
            "SMTPUTF8",
            "PIPELINING",
            "CHUNKING",
            "ENHANCEDSTATUSCODES",
        ]
        if not self._secure():
            offered.append("STARTTLS")
        elif self._credential is None:
            offered.append("AUTH PLAIN LOGIN")
        if self._dsn():
            offered.append("DSN")
        lines = [f"250-{line}" for line in offered[:-1]]
        await super().push("\r\n".join([*lines, f"250 {offered[-1]}"]))

    async def smtp_HELO(self, hostname: str | None) -> None:  # noqa: N802
        """Greets; without extensions there is no sign-in, hence no mail."""
        if not hostname or not _HOST.fullmatch(hostname):
            await self.push("501 5.5.4 Say HELO and a host name")
            return
        self._greet(hostname, extended=False)
        await super().push(f"250 {self.hostname}")

    def _greet(self, hostname: str, *, extended: bool) -> None:
        self._reset_mail()
        state = self._state()
        state.host_name, state.extended_smtp = hostname, extended

    async def smtp_STARTTLS(self, argument: str | None) -> None:  # noqa: N802
        """Once; what was said in clear, also behind this command, is forgotten (RFC 3207 §4.2)."""
        if argument:
            await self.push("501 5.5.4 STARTTLS takes no argument")
            return
        if self._secure():
            await self.push("503 5.5.1 TLS is in use already")
            return
        await self.push("220 2.0.0 Ready to start TLS")
        # uvloop's transports are not derived from asyncio's.
        plain = cast("asyncio.Transport", self.transport)
        try:
            secured = await self.loop.start_tls(
                plain,
                self,
                self._server.tls,
                server_side=True,
                ssl_handshake_timeout=self._limits.tls,
                ssl_shutdown_timeout=self._limits.farewell,
            )
        except (OSError, ssl.SSLError, TimeoutError):
            plain.abort()
            self.connection_lost(None)
            return
        if secured is None:
            raise Lost
        self.transport = secured
        # The streams have no public way to change their transport, nor to forget.
        reader: Any = self._reader
        writer: Any = self._writer
        reader._buffer.clear()
        reader._transport = writer._transport = secured
        state = self._state()
        state.host_name, state.extended_smtp, state.ssl = None, False, {}
        self._reset_mail()
        self._reset_timeout()

    def _state(self) -> Session:
        if self.session is None:
            raise Lost
        return self.session

    def _need_greeting(self) -> None:
        if not self._state().host_name:
            raise Refused("503 5.5.1 Say EHLO first")

    def _set_rset_state(self) -> None:
        super()._set_rset_state()  # type: ignore[no-untyped-call]  # aiosmtpd's
        if hasattr(self, "_inflow"):
            self._reset_mail()

    def _reset_mail(self) -> None:
        self._mail = None
        self._recipients = []
        self._close_inflow()

    def _open_inflow(self) -> Inflow:
        self._inflow = Inflow(
            most=self._limits.message, room=self._server.take_room, release=self._server.give_room
        )
        return self._inflow

    def _close_inflow(self) -> None:
        if self._inflow is not None:
            self._inflow.close()
        self._inflow = None

    def _dsn(self) -> bool:
        return self._credential is not None and bool(self._credential.bounce_notice)

    async def _in_thread(self, work: Callable[[], Answer]) -> Answer:
        return await self._server.in_thread(work)


def _say_last(transport: asyncio.BaseTransport, reply: str) -> None:
    # uvloop's transports are not derived from asyncio's.
    cast("asyncio.Transport", transport).write(f"{reply}\r\n".encode())
    transport.close()


def _abort(transport: asyncio.BaseTransport) -> None:
    cast("asyncio.Transport", transport).abort()
