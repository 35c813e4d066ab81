"""Listens for customers' programs: one port that asks for STARTTLS, one that is TLS from the first octet."""

import asyncio
import logging
import ssl
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, Final, Self, TypeVar

from django.db import connection

from accounts.services.smtp_credentials import AuthenticatedCredential
from delivery.submission.committer import Committer
from delivery.submission.connection import Connection
from delivery.submission.gate import Gate
from delivery.submission.limits import Limits
from delivery.submission.session import SubmissionSession
from relay_saas.runtime import keep_what_is_loaded

Answer = TypeVar("Answer")

#: Seconds that a thread may work while another one waits; Python's own 5 ms are long for a client's command.
_TURN: Final = 0.0002
#: Waiting to be accepted by the kernel.
_BACKLOG: Final = 256
#: Seconds that open sessions have to end after a stop was asked for.
_GRACE: Final = 10.0


def prepare_process() -> None:
    """What a process does that serves nothing else, before it begins."""
    keep_what_is_loaded()
    sys.setswitchinterval(_TURN)


class SubmissionServer:
    """Until it is closed; `async with SubmissionServer(…) as server`."""

    def __init__(
        self,
        *,
        address: str,
        port: int,
        tls_port: int,
        host_name: str,
        tls: ssl.SSLContext,
        limits: Limits | None = None,
    ) -> None:
        self.limits = limits or Limits()
        self.host_name = host_name
        self.tls = tls
        self.gate = Gate(self.limits)
        self.committer = Committer()
        self._address = address
        self._ports = (port, tls_port)
        self._servers: list[asyncio.Server] = []
        self._sessions: set[Connection] = set()
        #: Set when the last session has ended; None before a stop.
        self._emptied: asyncio.Event | None = None

    def __dir__(self) -> list[str]:
        """Nothing that aiosmtpd might call: it looks for hooks here whenever it makes a connection."""
        return []

    async def __aenter__(self) -> Self:
        # It reports every line of every session, passwords as well, and every scanner's nonsense.
        logging.getLogger("mail.log").setLevel(logging.ERROR)
        loop = asyncio.get_running_loop()
        port, tls_port = self._ports
        options: dict[str, Any] = {"backlog": _BACKLOG, "reuse_port": True}
        session = partial(SubmissionSession, self)
        self._servers = [
            await loop.create_server(session, self._address, port, **options),
            await loop.create_server(
                session,
                self._address,
                tls_port,
                ssl=self.tls,
                ssl_handshake_timeout=self.limits.tls,
                ssl_shutdown_timeout=self.limits.farewell,
                **options,
            ),
        ]
        return self

    async def __aexit__(self, *_: object) -> None:
        for server in self._servers:
            server.close()
        # Messages that are on their way are written and answered; whoever only waits is sent away.
        await self.committer.close()
        for session in list(self._sessions):
            session.hang_up_politely()
        self._emptied = asyncio.Event()
        if self._sessions:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._emptied.wait(), _GRACE)
        for session in list(self._sessions):
            session.abort()

    @property
    def ports(self) -> Sequence[int]:
        """Those that were opened: with STARTTLS, with TLS."""
        return [int(server.sockets[0].getsockname()[1]) for server in self._servers]

    def admit(self, session: Connection, peer: str) -> str | None:
        """Counts a connection in, or says why not."""
        refusal = self.gate.admit(peer)
        if refusal is None:
            self._sessions.add(session)
        return refusal

    def dismiss(self, session: Connection, peer: str, credential: AuthenticatedCredential | None) -> None:
        """The session is over."""
        self._sessions.discard(session)
        if self._emptied is not None and not self._sessions:
            self._emptied.set()
        self.gate.dismiss(peer)
        if credential is not None:
            self.gate.sign_out(credential.credential_id)

    def take_room(self, octets: int) -> bool:
        """Whether so much more may be received now; counts it if so."""
        if self.gate.buffered + octets > self.limits.buffered:
            return False
        self.gate.buffered += octets
        return True

    def give_room(self, octets: int) -> None:
        """It is written, or gone."""
        self.gate.buffered -= octets

    async def in_thread(self, work: Callable[[], Answer]) -> Answer:
        """A short question to the database."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self.committer.threads, _asked, work)


def _asked(work: Callable[[], Answer]) -> Answer:
    connection.close_if_unusable_or_obsolete()
    return work()
