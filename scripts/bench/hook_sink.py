"""`python -m scripts.bench.hook_sink PORT FILE`: takes webhooks, answers 204, says how many when it ends."""

import asyncio
import json
import re
import signal
import sys
import time
from pathlib import Path
from typing import Any, Final

import uvloop

_ANSWER: Final = b"HTTP/1.1 204 No Content\r\n\r\n"
_LENGTH: Final = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
_ID: Final = re.compile(rb"webhook-id: (\S+)")


class _Sink(asyncio.Protocol):
    """Keep-alive, nothing else."""

    #: Of all connections: the ids, and the instants of the first and the last call.
    ids: set[bytes] = set()
    calls = 0
    first = 0.0
    last = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport
        self._rest = b""

    def data_received(self, data: bytes) -> None:
        self._rest += data
        while (end := self._rest.find(b"\r\n\r\n")) >= 0:
            head = self._rest[:end]
            length = _LENGTH.search(head)
            whole = end + 4 + (int(length[1]) if length else 0)
            if len(self._rest) < whole:
                return
            self._rest = self._rest[whole:]
            self._count(head)
            self._transport.write(_ANSWER)

    def _count(self, head: bytes) -> None:
        found = _ID.search(head)
        if found is not None:
            _Sink.ids.add(found[1])
        _Sink.calls += 1
        _Sink.last = time.monotonic()
        _Sink.first = _Sink.first or _Sink.last


async def serve(port: int) -> dict[str, float]:
    """Until TERM."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(_Sink, "127.0.0.1", port, backlog=512)
    stop = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    await stop.wait()
    server.close()
    return {"calls": _Sink.calls, "ids": len(_Sink.ids), "seconds": _Sink.last - _Sink.first}


if __name__ == "__main__":
    Path(sys.argv[2]).write_text(json.dumps(uvloop.run(serve(int(sys.argv[1])))), encoding="utf-8")
