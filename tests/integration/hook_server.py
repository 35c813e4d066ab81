"""A receiver of webhooks on 127.0.0.1 that keeps what it got, and behaves as a case of webhooks.json."""

import asyncio
import socket
import ssl
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Got:
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class HookServer:
    """`async with HookServer({"status": 500}) as server`; `behave` may change while it runs."""

    behave: dict[str, Any] = field(default_factory=dict)
    tls: ssl.SSLContext | None = None
    #: Answers for the nth request (from 1), instead of `behave`.
    plan: Callable[[int], dict[str, Any]] | None = None
    address: str = "127.0.0.1"
    got: list[Got] = field(default_factory=list)
    connections: int = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, self.address, 0, ssl=self.tls)
        self.port: int = self._server.sockets[0].getsockname()[1]
        self._open: set[asyncio.Task[None]] = set()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http{'s' if self.tls else ''}://{self.address}:{self.port}/hook"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        self.connections += 1
        try:
            if self.behave.get("reset"):
                sock: socket.socket = writer.get_extra_info("socket")
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return
            while await self._one(reader, writer):
                continue
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            return
        finally:
            self._open.discard(task)
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        first, *lines = head.strip().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        self.got.append(Got(first.split(" ")[1], headers, body))
        behave = self.plan(len(self.got)) if self.plan else self.behave
        if behave.get("close"):
            return False
        await asyncio.sleep(behave.get("delay_headers", 0))
        if "raw" in behave:
            writer.write(behave["raw"].encode())
            await writer.drain()
            return False
        await self._answer(writer, behave)
        return not any(name in behave for name in ("drip_body", "gzip_bomb", "headers_n", "delay_close"))

    async def _answer(self, writer: asyncio.StreamWriter, behave: dict[str, Any]) -> None:
        text = behave.get("body", "").encode()
        writer.write(f"HTTP/1.1 {behave.get('status', 200)} Whatever\r\n".encode())
        named = dict(behave.get("headers", {}))
        if "location" in behave:
            named["Location"] = behave["location"]
        if "gzip_bomb" in behave:
            named["Content-Encoding"] = "gzip"
        for name, value in named.items():
            writer.write(f"{name}: {value}\r\n".encode())
        for number in range(behave.get("headers_n", 0)):
            writer.write(f"X-{number}: {number}\r\n".encode())
            await writer.drain()
        endless = any(name in behave for name in ("drip_body", "gzip_bomb", "delay_close"))
        if not endless:
            writer.write(f"Content-Length: {len(text)}\r\n".encode())
        writer.write(b"\r\n" + text)
        await writer.drain()
        await self._beyond(writer, behave)

    async def _beyond(self, writer: asyncio.StreamWriter, behave: dict[str, Any]) -> None:
        """What a hostile server sends and never ends."""
        while "gzip_bomb" in behave:
            writer.write(b"\0" * 65536)
            await writer.drain()
        while "drip_body" in behave:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.05)
        await asyncio.sleep(behave.get("delay_close", 0))
