"""`python -m scripts.bench.delay PORT TARGET_PORT MILLISECONDS`: the path, so much longer each way.

Bytes are handed on unchanged and in order, each so many milliseconds after it came; connecting takes a round
trip as well: the target is asked after one delay, and nothing of it is heard before another one.
"""

import asyncio
import signal
import sys
from typing import cast

import uvloop


class _Half(asyncio.Protocol):
    """One direction's source; what it receives is written to `other` after the delay."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self.transport: asyncio.Transport | None = None
        self.other: asyncio.Transport | None = None
        self._early: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._later(lambda: self._hand_on(data))

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's
        self._later(lambda: self.other.close() if self.other is not None else None)

    def joined(self, other: asyncio.Transport) -> None:
        """The other side stands now."""
        self.other = other
        for data in self._early:
            other.write(data)

    def _hand_on(self, data: bytes) -> None:
        if self.other is None:
            self._early.append(data)
        elif not self.other.is_closing():
            self.other.write(data)

    def _later(self, work: object) -> None:
        loop = asyncio.get_running_loop()
        if self._seconds:
            loop.call_later(self._seconds, work)  # type: ignore[arg-type]  # a callable of no arguments
        else:
            loop.call_soon(work)  # type: ignore[arg-type]  # the same


class _Front(_Half):
    """What the worker connects to."""

    def __init__(self, target: int, seconds: float) -> None:
        super().__init__(seconds)
        self._target = target
        self._task: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._task = asyncio.create_task(self._connect())

    async def _connect(self) -> None:
        await asyncio.sleep(self._seconds)
        loop = asyncio.get_running_loop()
        back = _Half(self._seconds)
        front = cast("asyncio.Transport", self.transport)
        back.other = front
        transport, _ = await loop.create_connection(lambda: back, "127.0.0.1", self._target)
        self.joined(transport)


async def serve(port: int, target: int, milliseconds: float) -> None:
    """Until TERM."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: _Front(target, milliseconds / 1000), "127.0.0.1", port, backlog=1024
    )
    stop = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    await stop.wait()
    server.close()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
