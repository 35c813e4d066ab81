"""The one door to servers that tenants name: resolved once, checked, and pinned to what was checked.

No name is looked up again between the check and the connection, so an answer that changes in between (DNS
rebinding) changes nothing. Any address among the answers that may not be called refuses the whole name.
"""

import asyncio
import ssl
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final

from relay_saas.mail.dns import DnsTemporaryError, Resolver, allowed
from relay_saas.net.exceptions import CallFailed
from relay_saas.net.target import Guard, Target

#: Bytes that a stream reads ahead, and so the longest line of an answer.
READ_AHEAD: Final = 16 * 1024


def verifying_context(cafile: str | None = None) -> ssl.SSLContext:
    """TLS 1.2 and newer, certificate and name verified; `cafile` adds authorities of our own."""
    context = ssl.create_default_context()
    if cafile:
        context.load_verify_locations(cafile)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    return context


@dataclass(slots=True, kw_only=True)
class Connection:
    """An open connection, and the address that it leads to."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    address: str

    @property
    def usable(self) -> bool:
        """Whether a request may be sent; bytes that nobody asked for make it unusable."""
        return not (self.writer.is_closing() or self.reader.at_eof())

    def close(self) -> None:
        """At once: a server that does not take our goodbye would hold the connection open."""
        transport = self.writer.transport
        if transport is not None:
            transport.abort()


class Connector:
    """Belongs to one event loop."""

    def __init__(self, resolver: Resolver, guard: Guard, context: ssl.SSLContext) -> None:
        self._resolver = resolver
        self._guard = guard
        self._context = context

    async def addresses(self, target: Target) -> list[str]:
        """Where the target may be reached; raises CallFailed."""
        literal = target.literal
        if literal is not None:
            found: tuple[str, ...] = (str(literal),)
        else:
            try:
                found = await self._resolver.addresses(target.host)
            except DnsTemporaryError as error:
                raise CallFailed(code="dns") from error
            if not found:
                raise CallFailed(code="no_such_host")
        if not all(allowed(address, self._guard.networks) for address in found):
            raise CallFailed(code="refused_address")
        named = all(any(ip_address(a) in network for network in self._guard.networks) for a in found)
        if target.scheme == "http" and not (self._guard.plain or named):
            raise CallFailed(code="plain_http")
        return list(found)

    async def open(self, target: Target, *, seconds: float) -> Connection:
        """Connects to the first address that takes it; raises CallFailed."""
        try:
            async with asyncio.timeout(seconds):
                return await self._open(target)
        except TimeoutError as error:
            raise CallFailed(code="timeout") from error

    async def _open(self, target: Target) -> Connection:
        last = CallFailed(code="connect")
        for address in (await self.addresses(target))[:2]:
            try:
                return await self._connect(target, address)
            except ssl.SSLError as error:
                raise CallFailed(str(error.reason or error)[:200], code="tls") from error
            except OSError as error:
                last = CallFailed(str(error.strerror or error)[:200], code="connect")
        raise last

    async def _connect(self, target: Target, address: str) -> Connection:
        secure = target.scheme == "https"
        reader, writer = await asyncio.open_connection(
            address,
            target.port,
            ssl=self._context if secure else None,
            server_hostname=target.host if secure else None,
            limit=READ_AHEAD,
        )
        return Connection(reader=reader, writer=writer, address=address)
