"""Asks one HTTP or HTTPS host for one small page: addresses resolved once, refused unless allowed, pinned; no
redirects, bounded in time and size."""

import asyncio
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from relay_saas.mail.dns import DnsTemporaryError, Network, allowed
from relay_saas.mail.posture.asks import Asks

SECONDS: Final = 5.0
MOST_OCTETS: Final = 64 * 1024

Code = Literal[
    "", "dns", "no_address", "refused_address", "no_connection", "certificate", "no_answer", "status"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """What came back; `code` is empty where it was 200."""

    code: Code
    address: str = ""
    status: int = 0
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What is asked for; `tls` verifies the certificate for `host`."""

    host: str
    path: str
    tls: bool = True
    port: int = 443


async def reach(asks: Asks, page: Page, networks: Sequence[Network] = ()) -> Reached:
    """One GET. An address that is neither public nor in `networks` is not connected to."""
    try:
        found = [*await asks.records(page.host, "A"), *await asks.records(page.host, "AAAA")]
    except DnsTemporaryError:
        return Reached(code="dns")
    if not found:
        return Reached(code="no_address")
    address = found[0]
    if not allowed(address, networks):
        return Reached(code="refused_address", address=address)
    try:
        async with asyncio.timeout(SECONDS):
            return await _get(page, address)
    except ssl.SSLCertVerificationError:
        return Reached(code="certificate", address=address)
    except (OSError, TimeoutError, ssl.SSLError):
        return Reached(code="no_connection", address=address)


async def _get(page: Page, address: str) -> Reached:
    context = ssl.create_default_context() if page.tls else None
    reader, writer = await asyncio.open_connection(
        address, page.port, ssl=context, server_hostname=page.host if page.tls else None
    )
    try:
        writer.write(
            f"GET {page.path} HTTP/1.1\r\nHost: {page.host}\r\nConnection: close\r\n"
            "User-Agent: relay-check\r\nAccept: text/plain\r\n\r\n".encode("ascii")
        )
        await writer.drain()
        answer = await _read(reader)
    finally:
        writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    words = head.split(b"\r\n", 1)[0].split(b" ")
    if len(words) < 2 or not words[0].startswith(b"HTTP/1.") or not words[1].isdigit():
        return Reached(code="no_answer", address=address)
    status = int(words[1])
    return Reached(code="" if status == 200 else "status", address=address, status=status, body=body)


async def _read(reader: asyncio.StreamReader) -> bytes:
    answer = b""
    while len(answer) < MOST_OCTETS:
        piece = await reader.read(MOST_OCTETS - len(answer))
        if not piece:
            break
        answer += piece
    return answer
