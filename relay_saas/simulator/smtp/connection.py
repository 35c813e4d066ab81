"""One TCP connection to a provider's host: the delay on the path, TLS, and the session between them."""

import asyncio
import itertools
import socket
import ssl
import struct
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

from relay_saas.simulator.profiles.model import MxHost, Provider
from relay_saas.simulator.smtp.content import message_id
from relay_saas.simulator.smtp.journal import Entry, Journal
from relay_saas.simulator.smtp.policy import Asked, Policy, Refusal, reply_bytes
from relay_saas.simulator.smtp.session import Delivery, Note, Output, Peer, Session
from relay_saas.simulator.smtp.tls import TlsLayer

NOT_STORED = b"452 4.3.1 Insufficient system storage\r\n"
#: Of connections, within one process.
NUMBERS = itertools.count(1)
RESET_ON_CLOSE = struct.pack("ii", 1, 0)


@dataclass(slots=True, kw_only=True)
class Site:
    """What all connections to one provider share."""

    provider: Provider
    policy: Policy
    journal: Journal
    tls: ssl.SSLContext | None
    open_by_client: Counter[str] = field(default_factory=Counter)
    connections: "set[Connection]" = field(default_factory=set)


class Connection(asyncio.Protocol):
    """Bytes go in at once and come out one round trip later, in order."""

    def __init__(self, site: Site, host: MxHost) -> None:
        self._site = site
        self._host = host
        self._delay = site.provider.rtt_ms / 1000
        self._queue: deque[tuple[float, bytes]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._tls: TlsLayer | None = None
        self._ending = False
        self.last_heard = time.monotonic()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet, unless this client already has all the connections it may have."""
        # uvloop's transport is one in all but ancestry.
        self._transport = cast("asyncio.Transport", transport)
        self._loop = asyncio.get_running_loop()
        self._client: str = transport.get_extra_info("peername")[0]
        site = self._site
        self._session = Session(site.policy, Peer(host=self._host.name, client=self._client), time.time)
        site.connections.add(self)
        site.open_by_client[self._client] += 1
        self._number = next(NUMBERS)
        self._note_session("opened")
        limit = site.provider.limits.connections_per_address
        if self._host.behaviour == "hang":
            return
        # The kernel has answered the SYN at once, so its round trip is added to the banner's.
        delay = 2 * self._delay + site.provider.faults.banner_delay
        refusal = self._busy() if 0 < limit < site.open_by_client[self._client] else None
        refusal = refusal or site.policy.braked("connect", Asked(client=self._client), time.time())
        if refusal is not None:
            self._turn_away(refusal, delay)
            return
        self._send(self._session.banner(), delay)
        if site.provider.faults.banner[:1] in {"4", "5"}:
            self._end()

    def _busy(self) -> Refusal:
        words = self._site.provider.limits.busy_reply
        plain = f"421 4.7.0 {self._host.name} Too many concurrent connections from {self._client}"
        return Refusal(reply=reply_bytes(words or plain, ip=self._client), rule="limit")

    def _turn_away(self, refusal: Refusal, delay: float) -> None:
        said = refusal.reply.decode().strip()
        self._note(
            Note(kind="refused", stage="connect", reply=said, rule=refusal.rule, mail_from="", rcpt="")
        )
        if refusal.then == "reset":
            self._end(reset=True)
            return
        self._send(refusal.reply, delay)
        self._end()

    def data_received(self, data: bytes) -> None:
        """Hand the bytes to the session, decrypted where TLS stands."""
        self.last_heard = time.monotonic()
        if self._ending or self._host.behaviour == "hang":
            return
        if self._tls is not None:
            data = self._decrypted(self._tls, data)
            if not data:
                return
        self._act(self._session.feed(data, unread=bool(self._queue)))

    def _decrypted(self, tls: TlsLayer, data: bytes) -> bytes:
        before = tls.version
        try:
            plain = tls.decrypt(data)
        except ssl.SSLError:
            self._transport.abort()
            return b""
        handshake = tls.pending()
        if tls.version and not before:
            self._session.secured(tls.version)
            # Session tickets are no reply: they must not look like one that the client has not read.
            if handshake:
                self._transport.write(handshake) if not self._queue else self._send_raw(
                    handshake, self._delay
                )
        elif handshake:
            self._send_raw(handshake, self._delay)
        return plain

    def _act(self, out: Output) -> None:
        for note in out.notes:
            self._note(note)
        if out.say:
            self._send(out.say, self._delay)
        if out.deliver is not None:
            self._store(out.deliver)
        elif out.start_tls and self._site.tls is not None:
            self._tls = TlsLayer(self._site.tls)
        elif out.close:
            self._end(reset=out.reset)

    def _note(self, note: Note) -> None:
        line: dict[str, Any] = {"time": time.time(), **self._who()}
        line |= {"stage": note.stage, "mail_from": note.mail_from, "rcpt": note.rcpt}
        if note.kind == "refused":
            line |= {"rule": note.rule, "reply": note.reply}
        self._site.journal.note(note.kind, line)

    def _note_session(self, event: str) -> None:
        line: dict[str, Any] = {"time": time.time(), "event": event, "session": self._number, **self._who()}
        if event == "closed":
            line |= {"messages": self._session.messages, "recipients": self._session.recipients_asked}
        self._site.journal.note("sessions", line)

    def _who(self) -> dict[str, str]:
        return {"provider": self._site.provider.name, "host": self._host.name, "client": self._client}

    def _store(self, delivery: Delivery) -> None:
        about = {
            "time": time.time(),
            **self._who(),
            "helo": delivery.helo,
            "mail_from": delivery.mail_from,
            "tls": delivery.tls,
            "message_id": message_id(delivery.content),
        }
        lines = tuple({**about, "rcpt": recipient} for recipient in delivery.recipients)

        def done(stored: bool) -> None:
            late = self._site.policy.dot_delay(delivery.recipients[0])
            reply = self._accepted(delivery) if stored else NOT_STORED
            if late:
                self._loop.call_later(late, self._answer_dot, reply)
            else:
                self._answer_dot(reply)

        self._site.journal.keep(Entry(content=delivery.content, lines=lines, done=done))

    def _accepted(self, delivery: Delivery) -> bytes:
        literal = self._site.provider.faults.dot
        return f"{literal or '250 2.0.0 OK'} {len(delivery.content)} octets taken\r\n".encode()

    def _answer_dot(self, reply: bytes) -> None:
        if self._ending:
            return
        self.last_heard = time.monotonic()
        self._act(self._session.resume(reply))
        if self._site.provider.faults.rst_after == "DOT":
            self._end(reset=True)

    def _send(self, data: bytes, delay: float) -> None:
        if self._tls is not None:
            self._tls.encrypt(data)
            data = self._tls.pending()
        self._send_raw(data, delay)

    def _send_raw(self, data: bytes, delay: float) -> None:
        if delay <= 0 and not self._queue:
            self._transport.write(data)
            return
        self._queue.append((self._loop.time() + delay, data))
        if self._timer is None:
            self._timer = self._loop.call_at(self._queue[0][0], self._write_due)

    def _write_due(self) -> None:
        """Write what has arrived at the other end of the path by now (timers are exact to a millisecond)."""
        now = self._loop.time() + 0.001
        self._timer = None
        while self._queue and self._queue[0][0] <= now:
            self._transport.write(self._queue.popleft()[1])
        if self._queue:
            self._timer = self._loop.call_at(self._queue[0][0], self._write_due)
        elif self._ending:
            self._close()

    def _end(self, *, reset: bool = False) -> None:
        """Close once everything said has been written."""
        self._ending = True
        self._close: Callable[[], None] = self._reset if reset else self._transport.close
        if not self._queue:
            self._close()

    def _reset(self) -> None:
        sock: socket.socket | None = self._transport.get_extra_info("socket")
        if sock is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        self._transport.abort()

    def say_goodbye(self, reply: bytes) -> None:
        """End the session from the server's side."""
        if not self._ending:
            self._send(reply, 0.0)
            self._end()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio's signature
        """Free the client's slot."""
        self._ending = True
        self._queue.clear()
        if self._timer is not None:
            self._timer.cancel()
        self._site.connections.discard(self)
        self._note_session("closed")
        self._site.open_by_client[self._client] -= 1
        if not self._site.open_by_client[self._client]:
            del self._site.open_by_client[self._client]
