"""`python -m scripts.bench.submission_load JSON`: clients that hand in mail by STARTTLS and AUTH.

Twenty at once, none pipelining; `reuse` keeps a session for all of its messages, else each has one of its own
with a whole handshake. Says when it began and ended, the answers' times, and its CPU seconds.
"""

import asyncio
import base64
import json
import ssl
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import uvloop

#: Octets of the body.
_BODY: Final = 10_000
_LINE: Final = b"Thank you for your order; it is packed and leaves our house tomorrow morning at eight.\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What is to be done."""

    port: int
    username: str
    password: str
    sender: str
    recipients: list[str]
    count: int
    sessions: int
    reuse: bool
    #: So that no message is taken for one of an earlier task.
    name: str


@dataclass(slots=True)
class Told:
    """What came of it."""

    #: Milliseconds from the dot to its 250.
    answers: list[float] = field(default_factory=list)


class Refused(Exception):
    """A server did not take what it was given."""


class Session:
    """One connection."""

    def __init__(self, task: Task, tls: ssl.SSLContext) -> None:
        self._task, self._tls = task, tls

    async def open(self) -> None:
        """Up to a sign-in."""
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._task.port)
        await self._expect(b"220")
        await self._say(b"EHLO client.bench.test", b"250")
        await self._say(b"STARTTLS", b"220")
        await self._writer.start_tls(self._tls, server_hostname="bench.test")
        await self._say(b"EHLO client.bench.test", b"250")
        secret = base64.b64encode(f"\0{self._task.username}\0{self._task.password}".encode())
        await self._say(b"AUTH PLAIN " + secret, b"235")

    async def send(self, number: int) -> float:
        """One message; milliseconds from its dot to the answer."""
        task = self._task
        recipient = task.recipients[number % len(task.recipients)].encode()
        await self._say(b"MAIL FROM:<%s>" % task.sender.encode(), b"250")
        await self._say(b"RCPT TO:<%s>" % recipient, b"250")
        await self._say(b"DATA", b"354")
        began = time.monotonic()
        await self._say(self._letter(number, recipient) + b".", b"250")
        return 1000 * (time.monotonic() - began)

    async def close(self) -> None:
        """By the rules."""
        await self._say(b"QUIT", b"221")
        self._writer.close()

    def _letter(self, number: int, recipient: bytes) -> bytes:
        task = self._task
        head = (
            f"From: Bench Store <{task.sender}>\r\nTo: {recipient.decode()}\r\n"
            f"Subject: Order {number}\r\nDate: Tue, 24 Nov 2026 12:00:00 +0000\r\n"
            f"Message-ID: <{task.name}.{number}@client.bench.test>\r\n"
            "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n"
        ).encode()
        return head + _LINE * (_BODY // len(_LINE))

    async def _say(self, line: bytes, code: bytes) -> None:
        self._writer.write(line + b"\r\n")
        await self._expect(code)

    async def _expect(self, code: bytes) -> None:
        while True:
            line = await self._reader.readline()
            if not line.startswith(code):
                raise Refused(line.decode("latin-1"))
            if line[3:4] != b"-":
                return


async def _client(task: Task, tls: ssl.SSLContext, numbers: Iterator[int], told: Told) -> None:
    if task.reuse:
        session = Session(task, tls)
        await session.open()
        for number in numbers:
            told.answers.append(await session.send(number))
        await session.close()
        return
    for number in numbers:
        session = Session(task, tls)
        await session.open()
        told.answers.append(await session.send(number))
        await session.close()


async def _run(task: Task) -> dict[str, float]:
    # The certificate is the bench's own, made a moment ago.
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
    numbers, told = iter(range(task.count)), Told()
    began = time.monotonic()
    await asyncio.gather(*(_client(task, tls, numbers, told) for _ in range(task.sessions)))
    ended = time.monotonic()
    answers = sorted(told.answers)
    return {
        "seconds": ended - began,
        "taken": len(answers),
        "p50_ms": answers[len(answers) // 2],
        "p95_ms": answers[len(answers) * 95 // 100],
        "cpu": time.process_time(),
    }


if __name__ == "__main__":
    found = uvloop.run(_run(Task(**json.loads(sys.argv[1]))))
    sys.stdout.write(json.dumps(found) + "\n")
