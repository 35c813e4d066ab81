"""A scripted SMTP server on this machine: answers as a script says and keeps every byte that it was sent."""

import asyncio
import ssl
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from socket import SO_LINGER, SOL_SOCKET
from types import TracebackType
from typing import Self

FEATURES = (b"PIPELINING", b"SIZE 50000000", b"8BITMIME", b"SMTPUTF8", b"ENHANCEDSTATUSCODES")


@dataclass
class Turn:
    """One command, and what the server holds when it arrives."""

    verb: str
    line: bytes
    #: The local part of the return path of the transaction.
    token: str = ""
    #: Which transaction of the session, from 1.
    number: int = 0
    mail_ok: bool = False
    rcpt_ok: bool = False


@dataclass
class Say:
    """What to do for a turn: bytes in order, then perhaps an end."""

    data: bytes = b""
    #: Written before the answer to the *next* command.
    late: bytes = b""
    drip: float | None = None
    end: str = ""  # "close", "reset", "hang"


Script = Callable[[Turn], "Say | bytes | None"]


@dataclass
class Seen:
    """What one connection did."""

    commands: list[bytes] = field(default_factory=list)
    #: Raw bodies, dot-stuffed, only those whose final dot came, with their token.
    messages: list[tuple[str, bytes]] = field(default_factory=list)
    #: Bytes of a body that never ended.
    unfinished: bytes = b""
    peer: str = ""
    closed: asyncio.Event = field(default_factory=asyncio.Event)


def polite(turn: Turn) -> bytes:
    """The answer of a server that takes everything, with the message's token in every reply."""
    token = turn.token.encode()
    if turn.verb == "BDAT" and turn.rcpt_ok:
        return b"250 2.0.0 %b octets %b\r\n" % (turn.line.split()[1], token)
    return {
        "MAIL": b"250 2.1.0 sender ok " + token,
        "RCPT": b"250 2.1.5 recipient ok " + token if turn.mail_ok else b"503 5.5.1 MAIL first " + token,
        "DATA": b"354 go on " + token if turn.rcpt_ok else b"503 5.5.1 no valid recipients " + token,
        "DOT": b"250 2.0.0 taken " + token if turn.rcpt_ok else b"554 5.5.1 no valid recipients " + token,
        "BDAT": b"503 5.5.1 no valid recipients " + token,
        "RSET": b"250 2.0.0 reset",
        "HELO": b"250 mx.example.test",
        "QUIT": b"221 2.0.0 bye",
    }.get(turn.verb, b"502 5.5.2 unknown") + b"\r\n"


class ScriptedServer:
    """`async with ScriptedServer(script) as server`; `script` returns None for the polite answer."""

    def __init__(
        self,
        script: Script = lambda _: None,
        *,
        features: tuple[bytes, ...] = FEATURES,
        tls: ssl.SSLContext | None = None,
        before_read: Callable[[Turn], Awaitable[None]] | None = None,
        address: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        self.script = script
        self.address = address
        self.features = features
        self.tls = tls
        self.before_read = before_read
        self.connections: list[Seen] = []
        self.open: list[Conversation] = []
        self.port = port
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, self.address, self.port, limit=2**22)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def messages(self) -> list[tuple[str, bytes]]:
        return [message for seen in self.connections for message in seen.messages]

    @property
    def commands(self) -> list[str]:
        """Verbs of the last connection."""
        return [command.split(b" ")[0].decode().upper() for command in self.connections[-1].commands]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        seen = Seen(peer=writer.get_extra_info("peername")[0])
        self.connections.append(seen)
        conversation = Conversation(self, seen, reader, writer)
        self.open.append(conversation)
        try:
            await conversation.run()
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.transport.abort()
            seen.closed.set()
            self._tasks.discard(task)


class Conversation:
    """The server's side of one connection."""

    def __init__(
        self, server: ScriptedServer, seen: Seen, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.server, self.seen, self.reader, self.writer = server, seen, reader, writer
        self.turn = Turn(verb="", line=b"")
        self.late = b""
        self.chunks = b""

    async def run(self) -> None:
        if not await self.answer("BANNER", b"", b"220 mx.example.test ESMTP\r\n"):
            return
        while line := await self.reader.readline():
            self.seen.commands.append(line.rstrip(b"\r\n"))
            verb = line.split(b" ")[0].strip().decode("ascii", "replace").upper()
            if verb == "MAIL":
                token = line.partition(b"<")[2].partition(b">")[0].split(b"@")[0].decode()
                self.turn = Turn(verb="", line=b"", token=token, number=self.turn.number + 1)
                self.chunks = b""
            elif verb == "RSET":
                self.turn = Turn(verb="", line=b"", number=self.turn.number)
            if not await (self.chunk(line) if verb == "BDAT" else self.command(verb, line)):
                return

    async def command(self, verb: str, line: bytes) -> bool:
        if verb == "EHLO":
            lines = [b"mx.example.test", *self.server.features, *([b"STARTTLS"] if self.wants_tls else [])]
            default = (
                b"".join(b"250-" + text + b"\r\n" for text in lines[:-1]) + b"250 " + lines[-1] + b"\r\n"
            )
            return await self.answer(verb, line, default)
        if verb == "STARTTLS" and self.server.tls is not None:
            if not await self.answer(verb, line, b"220 2.0.0 ready\r\n"):
                return False
            await self.writer.start_tls(self.server.tls)
            return True
        if not await self.answer(verb, line):
            return False
        if verb == "DATA" and self.reply_code == 354:
            return await self.body()
        return verb != "QUIT"

    @property
    def wants_tls(self) -> bool:
        return self.server.tls is not None and self.writer.get_extra_info("ssl_object") is None

    async def chunk(self, line: bytes) -> bool:
        """BDAT; the last chunk is answered as a dot is."""
        self.chunks += await self.reader.readexactly(int(line.split()[1]))
        if not line.upper().rstrip().endswith(b"LAST"):
            going = await self.answer("BDAT", line)
            # What follows a chunk that was refused is refused as well.
            self.turn.rcpt_ok = self.turn.rcpt_ok and self.reply_code in {0, 250}
            return going
        if self.turn.rcpt_ok:
            self.seen.messages.append((self.turn.token, self.chunks))
        self.chunks = b""
        return await self.answer("DOT", line)

    async def body(self) -> bool:
        data = bytearray()
        if self.server.before_read is not None:
            await self.server.before_read(self.turn)
        while not (data.endswith(b"\r\n.\r\n") or data == b".\r\n"):
            line = await self.reader.readline()
            data += line
            if not line:
                self.seen.unfinished = bytes(data)
                return False
        self.seen.messages.append((self.turn.token, bytes(data)))
        return await self.answer("DOT", b"")

    async def answer(self, verb: str, line: bytes, default: bytes | None = None) -> bool:
        """Write what the script says; False when the connection must end."""
        self.turn.verb, self.turn.line = verb, line
        said = self.server.script(self.turn)
        if said is None:
            said = default if default is not None else polite(self.turn)
        say = Say(said) if isinstance(said, bytes) else said
        self.reply_code = int(say.data[:3]) if say.data[:3].isdigit() else 0
        if verb == "MAIL":
            self.turn.mail_ok = self.reply_code == 250
        if verb == "RCPT":
            self.turn.rcpt_ok = self.turn.mail_ok and 250 <= self.reply_code < 260
        self.writer.write(self.late)
        self.late = say.late
        if say.drip is None:
            self.writer.write(say.data)
            await self.writer.drain()
        else:
            for byte in say.data:
                self.writer.write(bytes([byte]))
                await asyncio.sleep(say.drip)
        return await self.end(say.end)

    async def end(self, how: str) -> bool:
        if how == "hang":
            while await self.reader.read(65536):
                pass
        if how == "reset":
            self.writer.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
        return how == ""
