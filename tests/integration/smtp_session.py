"""Shared by the tests of the SMTP client: short deadlines, one way to open and to send."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import uvloop

from relay_saas.mail.smtp.limits import Timeouts
from relay_saas.mail.smtp.outcome import Outcome, Peer
from relay_saas.mail.smtp.session import Options, Session, open_session
from relay_saas.mail.smtp.transaction import Outgoing

T = TypeVar("T")
QUICK = Timeouts(
    connect=2, banner=0.3, ehlo=0.3, tls=2, mail=0.3, rcpt=0.3, data=0.3, block=0.5, dot=0.3, quit=0.3
)
#: For faults where a loss is as good as an answer.
HASTY = Timeouts(banner=5, ehlo=5, mail=0.08, rcpt=0.08, data=0.08, block=5, dot=0.08)
PATIENT = Timeouts(connect=5, banner=5, ehlo=5, tls=5, mail=5, rcpt=5, data=5, block=5, dot=5, quit=1)


_opened: list[Session] = []


def run(work: Coroutine[Any, Any, T], seconds: float = 20) -> T:
    """Run to the end in a loop of its own, as in production; a test that hangs fails, sessions are closed."""

    async def bounded() -> T:
        _opened.clear()
        async with asyncio.timeout(seconds):
            try:
                return await work
            finally:
                for session in _opened:
                    session.abort()
                    await session.closed()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(bounded())


async def until(condition: Callable[[], bool]) -> None:
    """Return as soon as it holds; `run` bounds the wait."""
    while not condition():  # noqa: ASYNC110 - a condition of another object, which has no event
        await asyncio.sleep(0.001)


async def connect(port: int, timeouts: Timeouts = PATIENT, **options: Any) -> Session:
    peer = Peer(host="mx.example.test", address="127.0.0.1", port=port)
    session = await open_session(peer, Options(helo="relay.example.test", timeouts=timeouts, **options))
    _opened.append(session)
    return session


def message(
    token: str, *, body: bytes = b"", rcpt: str = "taro@example.test", smtputf8: bool = False
) -> Outgoing:
    text = b"Subject: " + token.encode() + b"\r\n\r\n" + (body or b"hello\r\n")
    return Outgoing(mail_from=f"{token}@rp.example.test", rcpt=rcpt, data=text, smtputf8=smtputf8)


async def nothing() -> None:
    """A `before_dot` that lets everything pass."""


async def send(session: Session, token: str, **values: Any) -> Outcome:
    return await session.transaction(message(token, **values), nothing)
