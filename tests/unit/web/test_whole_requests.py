"""A request is taken whole before a thread works on it, and one that comes too slowly is ended."""

import asyncio
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest

from relay_saas.web.whole_requests import LONGEST, Unread, WholeRequests, read_whole

SCOPE = {"type": "http", "method": "POST", "path": "/a", "query_string": b"", "http_version": "1.1"}


class Sender:
    """Sends its pieces, then stays silent."""

    def __init__(self, *pieces: dict[str, Any]) -> None:
        self.pieces = list(pieces)

    async def receive(self) -> dict[str, Any]:
        if not self.pieces:
            await asyncio.sleep(60)
        return self.pieces.pop(0)


def piece(body: bytes, *, more: bool) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


def asked(
    application: Any, sender: Sender, headers: tuple[tuple[bytes, bytes], ...] = (), grace: float = 5
) -> list[Any]:
    said: list[Any] = []

    async def send(message: Any) -> None:
        said.append(message)

    door = WholeRequests(application, threads=1, grace=grace)
    asyncio.run(door({**SCOPE, "headers": list(headers)}, sender.receive, send))
    return said


class Echo:
    """Answers with what it was sent, and notes how it was asked and that it was closed."""

    def __init__(self) -> None:
        self.environ: dict[str, Any] = {}
        self.closed = False

    def __call__(self, environ: dict[str, Any], start_response: Any) -> "Echo":
        self.environ = environ
        self.body = environ["wsgi.input"].read()
        start_response("200 OK", [("X-Length", environ.get("CONTENT_LENGTH", ""))])
        return self

    def __iter__(self) -> Iterator[bytes]:
        yield from (b"you said ", self.body, b"")

    def close(self) -> None:
        self.closed = True


def test_the_application_sees_the_whole_body_and_its_length() -> None:
    echo = Echo()
    sender = Sender(piece(b"one ", more=True), piece(b"two", more=False))
    start, *bodies = asked(echo, sender, ((b"content-length", b"999"), (b"x-a", b"1")))
    assert start["status"] == 200
    assert (b"x-length", b"7") in start["headers"]
    assert b"".join(one["body"] for one in bodies) == b"you said one two"
    assert [one["more_body"] for one in bodies][-1] is False
    assert echo.closed
    assert echo.environ["HTTP_X_A"] == "1"


def test_a_field_that_would_look_like_another_is_dropped() -> None:
    echo = Echo()
    asked(echo, Sender(piece(b"", more=False)), ((b"x_forwarded_for", b"1.2.3.4"),))
    assert "HTTP_X_FORWARDED_FOR" not in echo.environ


def test_a_sender_that_falls_silent_is_told_so_and_no_thread_worked() -> None:
    echo = Echo()
    start, end = asked(echo, Sender(piece(b"a", more=True)), grace=0.05)
    assert start["status"] == 408
    assert end["body"] == b""
    assert echo.environ == {}


def test_a_sender_that_is_gone_gets_no_answer() -> None:
    echo = Echo()
    assert asked(echo, Sender(piece(b"a", more=True), {"type": "http.disconnect"})) == []
    assert echo.environ == {}


def test_what_is_fast_enough_has_time_beyond_the_grace() -> None:
    sent = [piece(b"x" * 1024, more=True) for _ in range(3)] + [piece(b"", more=False)]

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(0.03)
        return sent.pop(0)

    assert asyncio.run(read_whole(receive, BytesIO(), grace=0.05)) == 3 * 1024


def test_a_body_beyond_the_longest_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert LONGEST > 512 * 1024 * 1024
    monkeypatch.setattr("relay_saas.web.whole_requests.LONGEST", 10)
    with pytest.raises(Unread) as refused:
        asyncio.run(read_whole(Sender(piece(b"x" * 11, more=False)).receive, BytesIO()))
    assert refused.value.status == 413
