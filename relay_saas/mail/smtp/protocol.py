"""Bytes to replies: counts what is outstanding, so that no reply is ever taken for another command's."""

import asyncio
import ssl
from collections import deque
from typing import cast

from relay_saas.mail import replies
from relay_saas.mail.replies import BadReply, Reply
from relay_saas.mail.smtp.limits import MAX_LINE, MAX_REPLY
from relay_saas.mail.smtp.outcome import Cause


class Lost(Exception):
    """The conversation is over: no further reply can be trusted."""

    def __init__(self, cause: Cause, detail: str = "") -> None:
        super().__init__(f"{cause}: {detail}" if detail else cause)
        self.cause = cause
        self.detail = detail


class SmtpProtocol(asyncio.Protocol):
    """One connection: a loss, garbage or a surplus byte breaks it for good; replies read before count."""

    __slots__ = (
        "_buffer",
        "_closed",
        "_deadline",
        "_lines",
        "_lost",
        "_outstanding",
        "_raw",
        "_replies",
        "_size",
        "_timer",
        "_timer_at",
        "_transport",
        "_waiter",
        "loop",
    )

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        #: Under TLS, the transport below: its buffer must be empty too before a dot.
        self._raw: asyncio.Transport | None = None
        #: The beginning of a line whose end has not come yet.
        self._buffer = b""
        #: Lines of a reply whose last line has not come yet, and their octets.
        self._lines: list[bytes] = []
        self._size = 0
        self._outstanding = 0
        self._replies: deque[Reply] = deque()
        self._lost: Lost | None = None
        #: Of the one task that waits.
        self._waiter: asyncio.Future[None] | None = None
        self._deadline = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0.0
        self._closed = asyncio.Event()

    @property
    def lost(self) -> Lost | None:
        """Why this connection must not be used any more."""
        return self._lost

    @property
    def outstanding(self) -> int:
        """Replies that the server owes."""
        return self._outstanding

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport; its limits make "not paused" mean "buffer empty"."""
        # uvloop's transports are not subclasses of asyncio's.
        self._transport = self._raw = cast(asyncio.Transport, transport)
        self._raw.set_write_buffer_limits(high=0)

    def data_received(self, data: bytes) -> None:
        """Split into lines and replies; nothing may come unasked."""
        if self._lost is not None:
            return
        try:
            self._parse(self._buffer + data if self._buffer else data)
        except BadReply as error:
            self.fail(Lost(Cause.GARBAGE, ": ".join(filter(None, (str(error), error.shown)))))
        if self._replies:
            self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wake whoever waits."""
        self.fail(Lost(Cause.CLOSED, "" if exc is None else str(exc) or type(exc).__name__))
        self._closed.set()

    def resume_writing(self) -> None:
        """Wake whoever waits for the flush."""
        self._wake()

    def expect(self, count: int = 1) -> None:
        """The server owes that many replies more (the banner is owed for nothing)."""
        self._outstanding += count

    def send(self, data: bytes | memoryview, *, replies: int) -> None:
        """Write and count what is owed for it."""
        self._outstanding += replies
        if self._transport is not None and self._lost is None:
            self._transport.write(data)

    async def reply(self, seconds: float) -> Reply:
        """The next reply, whole, within an absolute deadline; raises Lost and breaks the connection."""
        if not self._replies:
            deadline = self.loop.time() + seconds
            while not self._replies:
                await self._wait(deadline)
        return self._replies.popleft()

    async def flushed(self, seconds: float) -> None:
        """Return when no byte waits in a buffer of ours; raises Lost on loss, surplus or deadline."""
        self.check()
        deadline = self.loop.time() + seconds
        while self._unsent():
            # Below TLS nobody tells when the last byte has gone, hence the short deadline of each look.
            await self._wait(deadline, look_again=0.005)
            self.check()

    async def start_tls(self, context: ssl.SSLContext, host: str, seconds: float) -> ssl.SSLObject:
        """Change to TLS after the 220; bytes that came before the handshake break it. Raises Lost."""
        self.check()
        if self._transport is None or self._outstanding or self._replies:
            raise self.fail(Lost(Cause.SURPLUS, "before the TLS handshake"))
        try:
            secured = await self.loop.start_tls(
                self._transport, self, context, server_hostname=host, ssl_handshake_timeout=seconds
            )
        except (OSError, EOFError, ValueError) as error:
            raise self.fail(Lost(Cause.TLS, str(error) or type(error).__name__)) from error
        if secured is None:
            raise self.fail(Lost(Cause.TLS, "closed during the handshake"))
        self._transport = secured
        found = secured.get_extra_info("ssl_object")
        if self._lost is not None or not isinstance(found, ssl.SSLObject):
            raise self.fail(Lost(Cause.TLS, "closed during the handshake"))
        return found

    def fail(self, lost: Lost) -> Lost:
        """Break the connection at once, without a flush; the first reason stays and is returned."""
        if self._lost is None:
            self._lost = lost
            if self._timer is not None:
                self._timer.cancel()
            if self._transport is not None:
                self._transport.abort()
        self._wake()
        return self._lost

    def check(self) -> None:
        """Raise Lost where the connection must not be used any more."""
        if self._lost is not None:
            raise self._lost

    async def closed(self) -> None:
        """Wait until the transport is gone."""
        if self._transport is not None:
            await self._closed.wait()

    async def _wait(self, deadline: float, look_again: float | None = None) -> None:
        """Until something happened, or so many seconds for another look; raises Lost at the deadline."""
        self.check()
        waiter = self._waiter = self.loop.create_future()
        self._watch(deadline)
        look = None if look_again is None else self.loop.call_later(look_again, self._wake)
        try:
            await waiter
        finally:
            self._waiter = None
            if look is not None:
                look.cancel()
        if not self._replies:
            self.check()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _watch(self, deadline: float) -> None:
        """Ends the wait at its deadline; one timer per connection, moved only where it would be too late."""
        self._deadline = deadline
        if self._timer is None or deadline < self._timer_at:
            if self._timer is not None:
                self._timer.cancel()
            self._timer, self._timer_at = self.loop.call_at(deadline, self._ring), deadline

    def _ring(self) -> None:
        self._timer = None
        if self._waiter is None or self._lost is not None:
            return
        if self.loop.time() < self._deadline:
            self._watch(self._deadline)
        elif not self._replies:
            self.fail(Lost(Cause.TIMEOUT))

    def _unsent(self) -> int:
        if self._transport is None or self._raw is None:
            return 0
        below = self._raw.get_write_buffer_size()
        return below if self._transport is self._raw else below + self._transport.get_write_buffer_size()

    def _parse(self, data: bytes) -> None:
        start = 0
        while self._outstanding and (end := data.find(b"\n", start)) >= 0:
            self._take(data[start:end].removesuffix(b"\r"))
            start = end + 1
        self._buffer = data[start:]
        if self._outstanding and len(self._buffer) > MAX_LINE:
            raise BadReply("line_too_long")
        if self._buffer and not self._outstanding:
            self.fail(Lost(Cause.SURPLUS, replies.displayable(self._buffer[:80])))

    def _take(self, line: bytes) -> None:
        if not self._lines and len(line) <= MAX_LINE and (single := replies.single(line)) is not None:
            self._replies.append(single)
            self._outstanding -= 1
            return
        self._size += len(line)
        if len(line) > MAX_LINE or self._size > MAX_REPLY:
            raise BadReply("line_too_long" if len(line) > MAX_LINE else "reply_too_long")
        _, last, _ = replies.split_line(line)
        self._lines.append(line)
        if last:
            self._replies.append(replies.parse(self._lines))
            self._lines, self._size = [], 0
            self._outstanding -= 1
