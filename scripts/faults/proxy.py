"""A TCP proxy between workers and receivers: the witness of every final dot, and where sessions are held.

It runs in a thread of its own, listens on the receivers' addresses on one more port, and speaks to them from
the client's own address.
"""

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path

from scripts.accounting.witness import token_message
from scripts.faults.acts import BEFORE_DOT, Act
from scripts.faults.gates import BODY, DOT, MAIL, Gate, Held
from scripts.faults.session import Transcript
from scripts.faults.witness_log import WitnessLog

_CHUNK = 65536


@dataclass(slots=True)
class Proxy:
    """Made by `proxied`. Attributes are set by the thread of the faults and read by the proxy's own."""

    port: int
    log: WitnessLog
    #: Where the receivers listen; known once the product runs.
    upstream_port: int = 0
    gates: list[Gate] = field(default_factory=list)
    acts: list[Act] = field(default_factory=list)
    #: Whom to kill when the first bytes of a body are seen, by the client's address and port.
    at_body: dict[tuple[str, int], Callable[[], None]] = field(default_factory=dict)
    #: Connections whose message went through up to the dot and whose answer never reached the client.
    cut: int = 0

    def gate(self, point: str, places: int) -> Gate:
        """A new gate."""
        gate = Gate(point=point, places=places)
        self.gates = [one for one in self.gates if not one.opened.is_set()] + [gate]
        return gate

    def open_all(self) -> None:
        """No gate holds anything any more."""
        for gate in self.gates:
            gate.open()
        self.gates, self.acts = [], []


class _Connection:
    """One client's."""

    def __init__(self, proxy: Proxy, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._proxy, self._reader, self._writer = proxy, reader, writer
        self._client: tuple[str, int] = writer.get_extra_info("peername")[:2]
        self._host: str = writer.get_extra_info("sockname")[0]
        self._script = Transcript()

    async def run(self) -> None:
        """Until either side has ended."""
        proxy = self._proxy
        try:
            up_reader, up_writer = await asyncio.open_connection(
                self._host, proxy.upstream_port, local_addr=(self._client[0], 0)
            )
        except OSError:
            self._writer.close()
            return
        down = asyncio.create_task(self._down(up_reader))
        try:
            await self._up(up_writer)
        finally:
            if self._script.dot_open:
                proxy.cut += 1
                self._note("cut")
            down.cancel()
            for writer in (up_writer, self._writer):
                writer.close()
            with suppress(asyncio.CancelledError, OSError):
                await down

    async def _up(self, server: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await self._reader.read(_CHUNK):
                part = self._script.heard(data)
                if part == MAIL:
                    self._note("mail")
                elif part == BODY:
                    self._proxy.at_body.pop(self._client, lambda: None)()
                    if await self._struck(BODY):
                        return
                    await self._stop(BODY)
                elif part == DOT:
                    if await self._struck(BEFORE_DOT):
                        self._script.dot_open = False
                        return
                    self._note("dot")
                server.write(data)
                await server.drain()

    async def _down(self, server: asyncio.StreamReader) -> None:
        with suppress(OSError):
            while data := await server.read(_CHUNK):
                for command in self._script.said(data):
                    await self._stop(command)
                    if await self._struck(command):
                        self._writer.close()
                        return
                    if command == DOT:
                        self._note("answered")
                        self._script.dot_open = False
                self._writer.write(data)
                await self._writer.drain()
        self._writer.close()

    async def _stop(self, point: str) -> None:
        for gate in self._proxy.gates:
            if gate.takes(point):
                held = Held(client=self._client, rcpt=self._script.rcpt, message=self._message())
                self._note("held", point=point)
                gate.held.append(held)
                await gate.wait()

    async def _struck(self, point: str) -> bool:
        """Whether the session ends here by one of the acts."""
        for act in self._proxy.acts:
            if act.strikes(point, self._message()):
                self._note("act", point=point, words=act.words[:40].decode("latin-1"))
                if act.pause:
                    await self._drip(act)
                else:
                    self._writer.write(act.words)
                return True
        return False

    async def _drip(self, act: Act) -> None:
        """Byte after byte until the client has left: then the other direction's end cancels this one."""
        began = time.monotonic()
        try:
            for byte in cycle(act.words):
                self._writer.write(bytes([byte]))
                await asyncio.sleep(act.pause)
        finally:
            act.lasted.append(time.monotonic() - began)

    def _message(self) -> str:
        message = token_message(self._script.mail_from.partition("@")[0])
        return str(message) if message else ""

    def _note(self, what: str, **values: object) -> None:
        client = f"{self._client[0]}:{self._client[1]}"
        self._proxy.log.note(what, client=client, rcpt=self._script.rcpt, message=self._message(), **values)


@contextmanager
def proxied(addresses: Sequence[str], log: Path) -> Iterator[Proxy]:
    """A proxy on these addresses, on a port that all of them have free; ended on leaving."""
    sockets = _sockets(addresses)
    proxy = Proxy(port=sockets[0].getsockname()[1], log=WitnessLog(log))
    began, ended = threading.Event(), asyncio.Event()
    loops: list[asyncio.AbstractEventLoop] = []

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.CancelledError):
            await _Connection(proxy, reader, writer).run()

    async def serve() -> None:
        loops.append(asyncio.get_running_loop())
        servers = [await asyncio.start_server(accept, sock=one, backlog=1024) for one in sockets]
        began.set()
        await ended.wait()
        for server in servers:
            server.close()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), name="proxy", daemon=True)
    thread.start()
    began.wait(timeout=10)
    try:
        yield proxy
    finally:
        proxy.open_all()
        loops[0].call_soon_threadsafe(ended.set)
        thread.join(timeout=10)
        proxy.log.close()


def _sockets(addresses: Sequence[str]) -> list[socket.socket]:
    found: list[socket.socket] = []
    port = 0
    for address in addresses:
        one = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        one.bind((address, port))
        port = one.getsockname()[1]
        found.append(one)
    return found
