"""A small HTTP/1.1 server for pages on the loopback: one request per connection, bounded in size and time."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import parse_qsl, unquote, urlsplit

LOG = logging.getLogger(__name__)
LARGEST_HEAD = 32_768
LARGEST_BODY = 1_000_000
REQUEST_SECONDS = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a browser asked for; header names in lower case."""

    method: str
    path: str
    query: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What it is given."""

    status: int = 200
    content_type: str = "text/html; charset=utf-8"
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


Handler = Callable[[Request], Awaitable[Response]]


async def listen(handler: Handler, host: str, port: int) -> asyncio.Server:
    """Serve requests with `handler`."""

    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(REQUEST_SECONDS):
                request = await _read(reader)
                response = await _answer(handler, request)
                writer.write(_wire(response, head_only=request is not None and request.method == "HEAD"))
                await writer.drain()
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            LOG.debug("a browser left")
        finally:
            writer.close()

    return await asyncio.start_server(client, host, port, limit=LARGEST_HEAD)


async def _answer(handler: Handler, request: Request | None) -> Response:
    if request is None:
        return Response(status=400, content_type="text/plain; charset=utf-8", body=b"Bad request\n")
    try:
        return await handler(request)
    except Exception:
        LOG.exception("the page %s failed", request.path)
        return Response(status=500, content_type="text/plain; charset=utf-8", body=b"The page failed\n")


async def _read(reader: asyncio.StreamReader) -> Request | None:
    """The request, or None where it is none."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.removesuffix("\r\n\r\n").split("\r\n")
    words = first.split(" ")
    if len(words) != 3 or not words[1].startswith("/"):
        return None
    headers = {
        name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)
    }
    length = headers.get("content-length", "0")
    if not length.isdigit() or int(length) > LARGEST_BODY:
        return None
    parts = urlsplit("//h" + words[1])
    return Request(
        method=words[0],
        path=unquote(parts.path),
        query=dict(parse_qsl(parts.query, keep_blank_values=True)),
        headers=headers,
        body=await reader.readexactly(int(length)),
    )


def _wire(response: Response, *, head_only: bool) -> bytes:
    fields = {
        "Content-Type": response.content_type,
        "Content-Length": str(len(response.body)),
        "Connection": "close",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        **response.headers,
    }
    phrase = HTTPStatus(response.status).phrase if response.status in set(HTTPStatus) else "Answer"
    lines = [f"HTTP/1.1 {response.status} {phrase}", *(f"{name}: {value}" for name, value in fields.items())]
    head = "\r\n".join((*(line.replace("\r", " ").replace("\n", " ") for line in lines), "", ""))
    return head.encode("utf-8") + (b"" if head_only else response.body)
