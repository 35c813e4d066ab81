"""Takes each request whole before a thread works on it: who sends slowly holds no thread (RFC 9110, 408).

A WSGI application answers in threads, and a thread that waits for a body waits as long as its sender likes.
Here the event loop waits, and ends a request that comes slower than a modem would send it.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from tempfile import SpooledTemporaryFile
from typing import IO, Any, Final

from asgiref.wsgi import WsgiToAsgiInstance

#: Seconds that every request may take, and the octets a second that it has to reach beyond them.
GRACE: Final = 30.0
SLOWEST: Final = 1024
#: Octets of the longest body; longer than the longest import file.
LONGEST: Final = 600 * 1024 * 1024
#: A body up to so many octets stays in memory.
IN_MEMORY: Final = 256 * 1024

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Unread(Exception):
    """The body did not come; `status` is the answer, None where nobody is left to hear it."""

    def __init__(self, status: int | None) -> None:
        super().__init__(status)
        self.status = status


class WholeRequests:
    """An ASGI application (HTTP alone, no lifespan) around a WSGI one that works in `threads` threads."""

    def __init__(self, application: Any, *, threads: int, grace: float = GRACE) -> None:
        self._application = application
        self._grace = grace
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="request")

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """One request."""
        with SpooledTemporaryFile(max_size=IN_MEMORY) as body:
            try:
                size = await read_whole(receive, body, grace=self._grace)
            except Unread as error:
                if error.status is not None:
                    await _refuse(send, error.status)
                return
            body.seek(0)
            await _Exchange(self._application).answer(_tidied(scope, size), body, send, self._pool)


class _Exchange(WsgiToAsgiInstance):
    """One request and its answer; the library makes the environment and keeps what is told it."""

    async def answer(self, scope: Message, body: IO[bytes], send: Send, pool: ThreadPoolExecutor) -> None:
        """Calls the application in a thread of the pool; its answer is sent piece by piece."""
        loop = asyncio.get_running_loop()
        self.scope = scope

        def tell(message: Message) -> None:
            asyncio.run_coroutine_threadsafe(_said(send, message), loop).result()

        # With the variables of this context, as loggers keep theirs.
        for message in await loop.run_in_executor(pool, copy_context().run, self._run, body, tell):
            await send(message)

    def _run(self, body: IO[bytes], tell: Callable[[Message], None]) -> list[Message]:
        """The end of the answer, mostly the whole of it: this thread need not wait until it is sent."""
        pieces = self.wsgi_application(self.build_environ(self.scope, body), self.start_response)
        try:
            pending = b""
            for piece in pieces:
                if pending:
                    for message in self._messages(pending, more=True):
                        tell(message)
                pending = piece
            return self._messages(pending, more=False)
        finally:
            # Whatever the answer held goes: files, and the end of the request as the application sees it.
            if hasattr(pieces, "close"):
                pieces.close()

    def _messages(self, piece: bytes, *, more: bool) -> list[Message]:
        start = [] if self.response_started else [self.response_start]
        self.response_started = True
        return [*start, {"type": "http.response.body", "body": piece, "more_body": more}]


async def _said(send: Send, message: Message) -> None:
    await send(message)


async def read_whole(receive: Receive, body: IO[bytes], *, grace: float = GRACE) -> int:
    """Writes the request's body to `body` and returns its octets; raises Unread."""
    began, size = time.monotonic(), 0
    while True:
        left = began + grace + size / SLOWEST - time.monotonic()
        try:
            async with asyncio.timeout(max(0.0, left)):
                message = await receive()
        except TimeoutError as error:
            raise Unread(408) from error
        if message["type"] != "http.request":
            raise Unread(None)
        piece = message.get("body", b"")
        size += len(piece)
        if size > LONGEST:
            raise Unread(413)
        body.write(piece)
        if not message.get("more_body"):
            return size


def _tidied(scope: Message, size: int) -> Message:
    """Without fields that look like others once they are variables; the length is that of what came."""
    headers = [
        (name, value) for name, value in scope["headers"] if b"_" not in name and name != b"content-length"
    ]
    if size:
        headers.append((b"content-length", str(size).encode()))
    return {**scope, "headers": headers}


async def _refuse(send: Send, status: int) -> None:
    await send({"type": "http.response.start", "status": status, "headers": [(b"connection", b"close")]})
    await send({"type": "http.response.body", "body": b""})
