"""HTTP/1.1 as a webhook needs it (RFC 9112): one POST, the status, the headers, the beginning of the body.

No redirects, no decompression, no cookies, no proxies. What a hostile server can do is bounded: time for the
whole call, octets and number of headers, octets and time of the body.
"""

import asyncio
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from relay_saas.net.connector import Connection
from relay_saas.net.exceptions import CallFailed
from relay_saas.net.target import Target

MAX_HEADERS: Final = 100
MAX_HEAD: Final = 32 * 1024
_INTERIM: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the server said; `body` is its beginning, `whole` whether that is all of it."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    whole: bool
    #: Whether the connection may carry another request.
    reusable: bool

    def header(self, name: str) -> str | None:
        """The first header of that name (lower case)."""
        return next((value for key, value in self.headers if key == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Seconds and octets."""

    #: From the first byte of the request to the last header of the answer.
    headers_seconds: float = 10
    #: For the body, from the last header on.
    body_seconds: float = 2
    body_octets: int = 64 * 1024


def request_bytes(target: Target, headers: Sequence[tuple[str, str]], body: bytes) -> bytes:
    """The request as it goes on the wire."""
    lines = [f"POST {target.path} HTTP/1.1", f"Host: {target.authority}"]
    lines += [f"{name}: {value}" for name, value in headers]
    lines += [f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode("ascii") + body


async def post(connection: Connection, request: bytes, limits: Limits) -> Answer:
    """Sends a request and reads the answer; raises CallFailed. It closes what cannot be used again."""
    try:
        async with asyncio.timeout(limits.headers_seconds):
            connection.writer.write(request)
            await connection.writer.drain()
            status, headers, version = await _head(connection.reader)
        answer = await _answer(connection.reader, status, headers, version, limits)
    except TimeoutError as error:
        connection.close()
        raise CallFailed(code="timeout") from error
    except ssl.SSLError as error:
        connection.close()
        raise CallFailed(str(error.reason or error)[:200], code="tls") from error
    except OSError as error:
        connection.close()
        raise CallFailed(str(error.strerror or error)[:200], code="closed") from error
    except BaseException:
        connection.close()
        raise
    if not answer.reusable:
        connection.close()
    return answer


async def _head(reader: asyncio.StreamReader) -> tuple[int, tuple[tuple[str, str], ...], str]:
    for _ in range(_INTERIM):
        line = await _line(reader, first=True)
        version, _, rest = line.partition(" ")
        code = rest[:3]
        if (
            version not in {"HTTP/1.1", "HTTP/1.0"}
            or len(code) != 3
            or not code.isascii()
            or not code.isdigit()
        ):
            raise CallFailed(code="not_http")
        headers = await _headers(reader)
        if int(code) >= 200:
            return int(code), headers, version
    raise CallFailed(code="not_http")


async def _headers(reader: asyncio.StreamReader) -> tuple[tuple[str, str], ...]:
    headers: list[tuple[str, str]] = []
    octets = 0
    while line := await _line(reader):
        octets += len(line)
        if len(headers) == MAX_HEADERS or octets > MAX_HEAD:
            raise CallFailed(code="too_many_headers")
        name, colon, value = line.partition(":")
        if not colon or not name or name != name.strip():
            raise CallFailed(code="not_http")
        headers.append((name.lower(), value.strip()))
    return tuple(headers)


async def _line(reader: asyncio.StreamReader, *, first: bool = False) -> str:
    try:
        line = await reader.readuntil(b"\n")
    except asyncio.IncompleteReadError as error:
        said = bool(error.partial) or not first
        raise CallFailed(code="not_http" if said else "closed") from error
    except asyncio.LimitOverrunError as error:
        raise CallFailed(code="too_many_headers") from error
    return line.rstrip(b"\r\n").decode("latin-1")


async def _answer(
    reader: asyncio.StreamReader,
    status: int,
    headers: tuple[tuple[str, str], ...],
    version: str,
    limits: Limits,
) -> Answer:
    named = dict(reversed(headers))
    body = bytearray()
    whole = False
    try:
        async with asyncio.timeout(limits.body_seconds):
            whole = await _body(reader, status, named, body, limits.body_octets)
    except (TimeoutError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
        # The answer is known; how its body ends changes nothing.
        whole = False
    closes = "close" in named.get("connection", "").lower() or version == "HTTP/1.0"
    framed = "content-length" in named or "transfer-encoding" in named or status in {204, 304}
    # Both lengths at once is how an answer smuggles another in: nothing more is read from such a server.
    both = "content-length" in named and "transfer-encoding" in named
    reusable = whole and framed and not closes and not both
    return Answer(status=status, headers=headers, body=bytes(body), whole=whole, reusable=reusable)


async def _body(
    reader: asyncio.StreamReader, status: int, headers: Mapping[str, str], body: bytearray, most: int
) -> bool:
    """Fills `body` with at most `most` octets; whether that was all."""
    if status in {204, 304}:
        return True
    if "transfer-encoding" in headers:
        return headers["transfer-encoding"].lower() == "chunked" and await _chunks(reader, body, most)
    if "content-length" in headers:
        return await _exactly(reader, body, int(headers["content-length"]), most)
    while len(body) < most:
        piece = await reader.read(min(8192, most - len(body)))
        if not piece:
            return True
        body += piece
    return False


async def _exactly(reader: asyncio.StreamReader, body: bytearray, length: int, most: int) -> bool:
    left = length
    while left > 0 and len(body) < most:
        piece = await reader.read(min(8192, left, most - len(body)))
        if not piece:
            return False
        body += piece
        left -= len(piece)
    return left == 0


async def _chunks(reader: asyncio.StreamReader, body: bytearray, most: int) -> bool:
    while len(body) < most:
        size = int((await reader.readuntil(b"\n")).split(b";")[0].strip(), 16)
        if size < 0:
            raise ValueError(size)
        if size == 0:
            while (await reader.readuntil(b"\n")).strip():
                continue
            return True
        if not await _exactly(reader, body, size, most):
            return False
        await reader.readuntil(b"\n")
    return False
