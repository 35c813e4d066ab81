"""How a session is encrypted: the policy, and contexts that take a host's last TLS session up again."""

import ssl
from enum import StrEnum
from typing import Self

#: Hosts whose sessions are kept, the latest ones.
_HOSTS_LIMIT = 1000


class TlsPolicy(StrEnum):
    """NEVER is for hosts whose STARTTLS is known to be broken."""

    NEVER = "never"
    OPPORTUNISTIC = "opportunistic"
    REQUIRED = "required"


class ResumingContext(ssl.SSLContext):
    """Offers the last session of a host to it, which saves both sides most of a handshake (RFC 8446 §2.2).

    Event loops make their TLS objects by `wrap_bio`, and know no other way to hand a session over.
    """

    _sessions: dict[str, ssl.SSLSession]

    def __new__(cls) -> Self:
        """Verifies the server, until told otherwise."""
        context = super().__new__(cls, ssl.PROTOCOL_TLS_CLIENT)
        context._sessions = {}
        return context

    def wrap_bio(
        self,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        server_side: bool = False,
        server_hostname: str | bytes | None = None,
        session: ssl.SSLSession | None = None,
    ) -> ssl.SSLObject:
        """As ssl.SSLContext does, with the session that the host gave last."""
        kept = self._sessions.get(str(server_hostname)) if session is None else session
        return super().wrap_bio(incoming, outgoing, server_side, server_hostname, kept)

    def remember(self, host: str, secured: ssl.SSLObject) -> None:
        """Keeps what the host gave; its tickets come after the handshake, with its first reply."""
        session = secured.session
        if session is None or not session.has_ticket:
            return
        self._sessions.pop(host, None)
        while len(self._sessions) >= _HOSTS_LIMIT:
            del self._sessions[next(iter(self._sessions))]
        self._sessions[host] = session

    def forget(self, host: str) -> None:
        """The next handshake with this host is a full one."""
        self._sessions.pop(host, None)


def opportunistic_context() -> ResumingContext:
    """Encrypts without asking who answers: better than clear text, which is the alternative (RFC 7435)."""
    context = ResumingContext()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
