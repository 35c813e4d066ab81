"""A receiver whose every reply names its message, and some of whose sessions lose count of their replies."""

import asyncio
import hashlib
from collections import defaultdict, deque
from dataclasses import dataclass, field
from random import Random
from types import TracebackType
from typing import Any, Self

#: What a session of each kind does is said in `Conversation._misbehave`.
FAULTS = (
    *("doubled", "doubled_later", "dropped", "garbled", "wrong_code"),
    *("anothers_first", "early", "reset_in_body", "reset_between"),
)
_STAGES = {
    "doubled_later": ("dot",),
    "anothers_first": ("mail", "rcpt", "data", "dot"),
    "early": ("data",),
    "reset_in_body": ("data",),
    "reset_between": ("dot",),
}
_REFUSALS = (
    *(("mail", "451 4.3.0"), ("mail", "553 5.1.8"), ("rcpt", "550 5.1.1"), ("rcpt", "450 4.2.1")),
    *(("data", "554 5.6.0"), ("dot", "451 4.3.0"), ("dot", "550 5.1.1"), ("dot", "554 5.6.0")),
)
_LETTERS = str.maketrans("0123456789", "ghijklmnop")


def word(path: str) -> str:
    """A message's own word: letters, which the dictionary of replies keeps as they are."""
    return hashlib.sha256(path.encode()).hexdigest()[:12].translate(_LETTERS)


def plan(path: str) -> tuple[str, str]:
    """Where a message is refused, and how; ("", "") for most, which are taken."""
    number = hashlib.sha256(b"plan" + path.encode()).digest()[0]
    return _REFUSALS[number // 8] if number < 8 * len(_REFUSALS) else ("", "")


@dataclass(slots=True)
class Transaction:
    """What was said of one message in one transaction, as it was meant."""

    path: str
    said: dict[str, str] = field(default_factory=dict)
    taken: bool = False
    #: Whether the wire told it otherwise from here on, or never.
    faulty: bool = False
    #: Whether one of the replies was never written.
    dropped: bool = False
    #: Whether the client left in it, without a QUIT.
    cut: bool = False


@dataclass(slots=True)
class Fault:
    """One session's misbehaviour."""

    kind: str
    stage: str
    number: int


class UnsteadyReceiver:
    """`async with UnsteadyReceiver(seed=1, share=0.05) as receiver`."""

    def __init__(self, *, seed: int, share: float) -> None:
        self.log: defaultdict[str, list[Transaction]] = defaultdict(list)
        self.sessions = 0
        #: Faults that came about.
        self.faults: list[Fault] = []
        #: The last reply of each message, to be told to others.
        self.told: dict[str, str] = {}
        self.random = Random(seed)
        self._share = share
        self._kinds = deque(self.random.sample(FAULTS, len(FAULTS)))
        self._open: set[Conversation] = set()

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Conversation(self), "127.0.0.1", 0, backlog=1000)
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        for conversation in tuple(self._open):
            conversation.transport.abort()

    def log_of(self, host: str) -> dict[str, list[Transaction]]:
        """What was said of the messages with a return path at this host, by return path."""
        return {path: seen for path, seen in self.log.items() if path.endswith(f"@{host}")}

    def opened(self, conversation: "Conversation") -> Fault | None:
        """Whether and how this session misbehaves."""
        self._open.add(conversation)
        self.sessions += 1
        if self.random.random() >= self._share:
            return None
        kind = self._kinds.popleft()
        if not self._kinds:
            self._kinds.extend(self.random.sample(FAULTS, len(FAULTS)))
        stage = self.random.choice(_STAGES.get(kind, ("mail", "rcpt", "data", "dot")))
        return Fault(kind=kind, stage=stage, number=self.random.randint(1, 3))

    def put_back(self, fault: Fault) -> None:
        """It did not come about: the next such session has its turn."""
        self._kinds.appendleft(fault.kind)

    def left(self, conversation: "Conversation") -> None:
        """A connection is gone."""
        self._open.discard(conversation)

    def anothers(self, path: str) -> str:
        """The newest reply that was meant for another message."""
        return next(reply for other, reply in reversed(self.told.items()) if other != path)


class Conversation(asyncio.Protocol):
    """The server's side of one connection; it keeps its own state straight whatever it tells."""

    transport: Any

    def __init__(self, receiver: UnsteadyReceiver) -> None:
        self._receiver = receiver
        self._buffer = b""
        self._in_body = False
        self._number = 0
        self._one = Transaction(path="")
        self._good = False
        self._late = b""
        self._quit = False
        self._resets_at_mail = False
        #: From the fault on, nothing that this session says need have been heard.
        self._spoilt = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self._fault = self._receiver.opened(self)
        self.transport.write(b"220 mx.example.test ESMTP\r\n")

    def connection_lost(self, _exc: Exception | None) -> None:
        self._one.cut = not self._quit
        if self._fault is not None and not self._spoilt:
            self._receiver.put_back(self._fault)
        self._receiver.left(self)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while not self.transport.is_closing():
            if self._in_body:
                body, dot, rest = self._buffer.partition(b"\r\n.\r\n")
                if self._buffer.startswith(b".\r\n"):
                    body, dot, rest = b"", b".\r\n", self._buffer[3:]
                if not dot:
                    return
                self._buffer, self._in_body = rest, False
                self._dot(body)
                continue
            line, end, rest = self._buffer.partition(b"\r\n")
            if not end:
                return
            self._buffer = rest
            self._command(line.decode())

    def _command(self, line: str) -> None:
        verb = line.partition(" ")[0].upper()
        if verb == "EHLO":
            self.transport.write(b"250-mx.example.test\r\n250 PIPELINING\r\n")
        elif verb == "MAIL":
            self._begin(line.partition("<")[2].partition(">")[0])
            self._good = self._answer("mail", "250 2.1.0")
        elif verb == "RCPT":
            self._good = self._good and self._answer("rcpt", "250 2.1.5")
            if "rcpt" not in self._one.said:
                self._answer("rcpt", "503 5.5.1")
        elif verb == "DATA":
            self._in_body = self._good and self._answer("data", "354 go")
            if "data" not in self._one.said:
                self._answer("data", "503 5.5.1")
        elif verb == "RSET":
            self._send(b"250 2.0.0 reset\r\n")
        else:
            self._quit = True
            self.transport.write(b"221 2.0.0 bye\r\n")
            self.transport.close()

    def _begin(self, path: str) -> None:
        self._number += 1
        self._one = Transaction(path=path, faulty=self._spoilt)
        self._receiver.log[path].append(self._one)
        if self._resets_at_mail:
            self._one.faulty = True
            self.transport.abort()

    def _dot(self, body: bytes) -> None:
        taken = self._answer("dot", "250 2.0.0") and bool(body)
        self._one.taken = taken

    def _answer(self, stage: str, good: str) -> bool:
        """Says yes, or no where the message's plan or the server's state wants it; true for yes."""
        where, refusal = plan(self._one.path)
        code = refusal if where == stage else good
        reply = f"{code} {word(self._one.path)}"
        self._one.said[stage] = reply
        fault = self._fault
        if fault is not None and fault.stage == stage and fault.number <= self._number and not self._spoilt:
            self._receiver.faults.append(fault)
            self._spoilt = self._one.faulty = True
            self._misbehave(fault.kind, reply)
        else:
            self._send(reply.encode() + b"\r\n")
        self._receiver.told.pop(self._one.path, None)
        self._receiver.told[self._one.path] = reply
        return code == good and not good.startswith("503")

    def _misbehave(self, kind: str, reply: str) -> None:
        line = reply.encode() + b"\r\n"
        loop = asyncio.get_running_loop()
        if kind == "doubled":
            self._send(line * 2)
        elif kind == "doubled_later":
            self._send(line)
            self._late = line
        elif kind == "dropped":
            self._one.dropped = True
            loop.call_later(0.1, self.transport.abort)
        elif kind == "garbled":
            self._send(self._receiver.random.randbytes(9).hex().encode() + b"\xff\r\n")
        elif kind == "wrong_code":
            self._send((b"250 " if reply.startswith("354") else b"354 ") + line[4:])
        elif kind == "anothers_first":
            self._send(self._receiver.anothers(self._one.path).encode() + b"\r\n" + line)
        elif kind == "early":
            self._send(line + b"250 2.0.0 " + word(self._one.path).encode() + b"\r\n")
        elif kind == "reset_in_body":
            self._send(line)
            loop.call_later(0, self.transport.abort)
        else:
            self._send(line)
            self._resets_at_mail = True

    def _send(self, data: bytes) -> None:
        late, self._late = self._late, b""
        self.transport.write(late + data)
