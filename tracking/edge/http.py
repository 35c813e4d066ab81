"""As much HTTP as the edge needs over ASGI: a request, an answer, no cookies."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

#: Larger than any form that our pages send.
MAX_BODY = 4096


class BodyTooLarge(Exception):
    """The request's body is over MAX_BODY."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request; `host` is without its port, `address` the client's."""

    method: str
    host: str
    path: str
    query: str
    address: str
    user_agent: str
    accept_language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Status, body and headers; an answer forbids caching and says nothing to the next page."""

    status: int = 200
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = field(default=())
    cache: str = "no-store, private"


def read_request(scope: Scope) -> Request:
    """The parts of an ASGI HTTP scope that the edge looks at; bytes that are not text become replacement
    signs."""
    headers = {name: value.decode("utf-8", "replace") for name, value in scope["headers"]}
    client = scope.get("client") or ("", 0)
    return Request(
        method=scope["method"],
        host=headers.get(b"host", "").rpartition(":")[0] or headers.get(b"host", ""),
        path=scope["path"],
        query=scope.get("query_string", b"").decode("ascii", "replace"),
        address=str(client[0]),
        user_agent=headers.get(b"user-agent", ""),
        accept_language=headers.get(b"accept-language", ""),
    )


async def read_form(receive: Receive) -> dict[str, str]:
    """The first value of each field of a urlencoded form; raises BodyTooLarge.

    RFC 8058 allows multipart/form-data as well; its one field is then found by its words in the body.
    """
    body = b""
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > MAX_BODY:
            raise BodyTooLarge
    if b'name="List-Unsubscribe"' in body:
        return {"List-Unsubscribe": "One-Click"} if b"One-Click" in body else {}
    return {name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}


async def send_answer(send: Send, answer: Answer, *, with_body: bool = True) -> None:
    """Sends `answer`; a HEAD gets its headers alone."""
    fixed = (
        ("content-type", answer.content_type),
        ("content-length", str(len(answer.body))),
        ("cache-control", answer.cache),
        ("referrer-policy", "no-referrer"),
        ("x-content-type-options", "nosniff"),
        ("x-robots-tag", "noindex, nofollow"),
    )
    headers = [(name.encode(), value.encode()) for name, value in (*fixed, *answer.headers)]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body if with_body else b""})
