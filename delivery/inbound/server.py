"""The SMTP server for mail that comes back (RFC 5321): our own addresses only, 250 after commit."""

import asyncio
import logging
import re
import ssl
import time
from collections import Counter, deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any, Final, Self, TypeVar
from uuid import UUID

from aiosmtpd.smtp import SMTP, Envelope, Session, TLSSetupException, syntax
from django.db import connection

from delivery.inbound import mail
from delivery.inbound.address import find_destination, looks_forged
from delivery.inbound.refusals import Refusals
from delivery.models import InboundRefusal
from relay_saas.mail.tokens import TokenKeys

log = logging.getLogger(__name__)

MAX_BYTES: Final = 1024 * 1024
#: Seconds from one command to the next, and for the whole of DATA.
TIMEOUT: Final = 120
#: Of each command in one connection.
MAX_CALLS: Final = 100
MAX_CONNECTIONS: Final = 200
MAX_FROM_ONE: Final = 20
#: Mails an hour to postmaster, abuse and fbl together.
MAX_TO_ROLES: Final = 200
#: Reports an hour: some thousand domains at a dozen receivers that write once a day.
MAX_REPORTS: Final = 3000
_HOUR: Final = 3600
_THREADS: Final = 4
#: Programs behind us could read such a text as two mails.
_BARE: Final = re.compile(rb"(?<!\r)\n|\r(?!\n)|\0")

Answer = TypeVar("Answer")


class Handler:
    """What aiosmtpd asks at RCPT and after the dot; database work runs in threads of its own."""

    def __init__(self, keys: TokenKeys) -> None:
        self._keys = keys
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="inbound")
        self._handling: set[asyncio.Future[None]] = set()
        self._refusals = Refusals()
        #: When mail to a role was taken, the last hour's.
        self._to_roles: deque[float] = deque()
        self._reports: deque[float] = deque()

    async def handle_EHLO(  # noqa: N802 - aiosmtpd looks for this name
        self,
        server: SMTP,  # noqa: ARG002
        session: Session,
        envelope: Envelope,  # noqa: ARG002
        hostname: str,
        lines: list[str],
    ) -> list[str]:
        """What is offered, without an AUTH of no mechanism, which aiosmtpd adds under TLS."""
        session.host_name = hostname
        return [line for line in lines if not line.startswith("250-AUTH")]

    async def handle_RCPT(  # noqa: N802
        self,
        server: SMTP,  # noqa: ARG002
        session: Session,
        envelope: Envelope,
        address: str,
        options: list[str],  # noqa: ARG002
    ) -> str:
        """250 for an address of ours, 550 for any other, 452 for a second one or too many to roles."""
        if envelope.rcpt_tos:
            return "452 4.5.3 One recipient for each message"
        destination = await self._in_thread(partial(find_destination, address, self._keys))
        if destination is None:
            reason = InboundRefusal.Reason.FORGED if looks_forged(address) else InboundRefusal.Reason.STRANGER
            self._refusals.count(reason, peer=str((session.peer or ("",))[0]), rcpt=address)
            return "550 5.1.1 There is no such address here"
        if destination.token is None and not self._admit(reports=destination.reports):
            return "452 4.3.1 Too much mail to this address, try again later"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(  # noqa: N802
        self,
        server: SMTP,  # noqa: ARG002
        session: Session,  # noqa: ARG002
        envelope: Envelope,
    ) -> str:
        """250 once the mail is committed; what it asks for is done after that."""
        raw = envelope.original_content or b""
        if _BARE.search(raw):
            return "554 5.6.0 Bare CR, bare LF or NUL in the message"
        rcpt = envelope.rcpt_tos[0]
        sender = (envelope.mail_from or "").removeprefix("<").removesuffix(">")
        kept = await self._in_thread(partial(_receive, rcpt, self._keys, sender, raw))
        if kept is None:
            return "550 5.1.1 There is no such address here"
        self._handle_soon(*kept)
        return "250 2.0.0 Kept"

    async def handle_exception(self, error: Exception) -> str:
        """Whatever goes wrong here is ours: the sender keeps the mail and comes again."""
        log.error("inbound session failed", exc_info=error)
        return "451 4.3.0 Try again later"

    def _handle_soon(self, tenant_id: UUID, inbound_id: int) -> None:
        work = partial(mail.handle, tenant_id=tenant_id, inbound_id=inbound_id)
        task = asyncio.ensure_future(self._in_thread(work))
        self._handling.add(task)
        task.add_done_callback(self._handled)

    def _handled(self, task: asyncio.Future[None]) -> None:
        self._handling.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("inbound mail could not be handled yet", exc_info=error)

    def _admit(self, *, reports: bool) -> bool:
        """Anybody may write to a role: as much as a person could read is kept, and so many reports."""
        taken, most = (self._reports, MAX_REPORTS) if reports else (self._to_roles, MAX_TO_ROLES)
        now = time.monotonic()
        while taken and taken[0] < now - _HOUR:
            taken.popleft()
        if len(taken) >= most:
            return False
        taken.append(now)
        return True

    async def sweep(self) -> int:
        """Handles what was left over and writes what was refused; returns how many were handled."""
        await self._in_thread(self._refusals.write)
        return await self._in_thread(mail.handle_waiting)

    async def close(self) -> None:
        """Finishes what was begun."""
        await asyncio.gather(*self._handling, self._in_thread(self._refusals.write), return_exceptions=True)
        self._threads.shutdown()

    async def _in_thread(self, work: Callable[[], Answer]) -> Answer:
        return await asyncio.get_running_loop().run_in_executor(self._threads, _with_connection, work)


def _with_connection(work: Callable[[], Answer]) -> Answer:
    # Bounces are few: a connection for each is cheaper than one that may have died in between.
    try:
        return work()
    finally:
        connection.close()


def _receive(rcpt: str, keys: TokenKeys, mail_from: str, raw: bytes) -> tuple[UUID, int] | None:
    destination = find_destination(rcpt, keys)
    if destination is None:
        return None
    return mail.receive(
        destination=destination, keys=keys, mail_from=_storable(mail_from), rcpt=_storable(rcpt), raw=raw
    )


def _storable(address: str) -> str:
    # PostgreSQL takes no NUL, and aiosmtpd hands octets beyond ASCII over as half characters.
    return address.replace("\0", "").encode("ascii", "replace").decode()[:320]


class Connection(SMTP):
    """One client; refused at the door when there are too many."""

    def __init__(self, server: "InboundServer", **options: Any) -> None:
        super().__init__(server.handler, **options)
        self._server = server
        self._peer: str | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greets, or says 421 and hangs up; after STARTTLS the same client comes once more."""
        if self._peer is not None:
            super().connection_made(transport)
            return
        peer = str((transport.get_extra_info("peername") or ("",))[0])
        if not self._server.admit(peer):
            if isinstance(transport, asyncio.Transport):
                transport.write(b"421 4.7.0 Too many connections\r\n")
                transport.close()
            return
        self._peer = peer
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        """Makes room for another one."""
        if self._peer is not None:
            self._server.dismiss(self._peer)
            self._peer = None
            super().connection_lost(error)

    @syntax("STARTTLS", when="tls_context")
    async def smtp_STARTTLS(self, arg: str) -> None:  # noqa: N802 - aiosmtpd looks for this name
        """Once a session; a client that fails the handshake is gone, and its place is free at once."""
        if self._tls_protocol is not None:
            await self.push("503 5.5.1 TLS is in use already")
            return
        with suppress(TLSSetupException):
            await super().smtp_STARTTLS(arg)
        plain = self._original_transport
        # aiosmtpd has no transport to close then, and a client that hung up looks like one that succeeded.
        if isinstance(plain, asyncio.Transport) and (self.session is None or self.session.ssl is None):
            plain.abort()
            self.connection_lost(None)

    def eof_received(self) -> bool | None:
        """A refused client has no session that could end."""
        return super().eof_received() if self._peer is not None else None


class InboundServer:
    """Listens until it is closed; `async with InboundServer(…) as server`."""

    def __init__(
        self, *, address: str, port: int, host_name: str, keys: TokenKeys, tls: ssl.SSLContext | None = None
    ) -> None:
        self.handler = Handler(keys)
        #: With one, STARTTLS is offered; nobody has to take it.
        self._tls = tls
        self._address = address
        self._port = port
        self._host_name = host_name
        self._clients: Counter[str] = Counter()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._connection, self._address, self._port)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()
        await self.handler.close()

    @property
    def port(self) -> int:
        """The port that the system chose where 0 was asked for."""
        sockets = self._server.sockets if self._server is not None else ()
        return int(sockets[0].getsockname()[1]) if sockets else self._port

    def admit(self, peer: str) -> bool:
        """Whether one more connection from `peer` is taken; counts it if so."""
        if self._clients.total() >= MAX_CONNECTIONS or self._clients[peer] >= MAX_FROM_ONE:
            return False
        self._clients[peer] += 1
        return True

    def dismiss(self, peer: str) -> None:
        """The connection is over."""
        self._clients[peer] -= 1
        if not self._clients[peer]:
            del self._clients[peer]

    def _connection(self) -> Connection:
        return Connection(
            self,
            data_size_limit=MAX_BYTES,
            hostname=self._host_name,
            ident="ESMTP",
            timeout=TIMEOUT,
            command_call_limit=MAX_CALLS,
            auth_exclude_mechanism=("LOGIN", "PLAIN"),
            tls_context=self._tls,
            loop=asyncio.get_running_loop(),
        )
