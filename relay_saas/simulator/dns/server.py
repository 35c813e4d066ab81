"""The name server: UDP and TCP (RFC 1035, RFC 7766), queries and updates, records kept over a restart."""

import asyncio
import json
import logging
import os
import struct
from dataclasses import asdict
from pathlib import Path
from typing import cast

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rcode
import dns.rdataclass
import dns.tsig
import dns.update

from relay_saas.simulator.dns.store import Store
from relay_saas.simulator.dns.update import Change, apply_update, restore

LOG = logging.getLogger(__name__)
PLAIN_UDP_SIZE = 512
LARGEST_UDP_SIZE = 1232
TCP_IDLE_SECONDS = 30.0
FORMAT_ERROR_SIZE = 12


class NameServer:
    """Answers wire messages from a store and appends what updates change to a file.

    With `keys` (dnspython's key ring) only updates signed by one of them are taken (RFC 8945).
    """

    def __init__(
        self, store: Store, path: Path, *, keys: dict[dns.name.Name, dns.tsig.Key] | None = None
    ) -> None:
        self._store = store
        self._path = path
        self._keys = keys
        self._load()

    def _load(self) -> None:
        if not self._path.exists():
            return
        for line in self._path.read_text(encoding="utf-8").splitlines():
            try:
                entry = json.loads(line)
            except ValueError:
                LOG.warning("a torn line in %s is passed over", self._path.name)
                continue
            restore(self._store, Change(**{**entry, "texts": tuple(entry["texts"])}))

    def _keep(self, changes: list[Change]) -> None:
        """Changes are on disk before the update is answered."""
        with self._path.open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(asdict(change), ensure_ascii=False) + "\n" for change in changes)
            file.flush()
            os.fsync(file.fileno())

    def respond(self, wire: bytes, *, udp: bool) -> bytes | None:
        """The reply to one message; None where the server stays silent."""
        try:
            query = dns.message.from_wire(wire, keyring=self._keys)
        except (dns.message.UnknownTSIGKey, dns.tsig.BadKey, dns.tsig.BadSignature, dns.tsig.BadTime):
            return _not_believed(wire)
        except (dns.exception.DNSException, ValueError):
            return _format_error(wire)
        if query.flags & dns.flags.QR:
            return None
        if isinstance(query, dns.update.UpdateMessage):
            return self._update(query)
        if query.opcode() != dns.opcode.QUERY or len(query.question) != 1:
            return _bare(query, dns.rcode.NOTIMP)
        return self._query(query, udp=udp)

    def _update(self, message: dns.update.UpdateMessage) -> bytes:
        if len(message.zone) != 1:
            return _bare(message, dns.rcode.FORMERR)
        if self._keys and not message.had_tsig:
            return _bare(message, dns.rcode.REFUSED)
        rcode, changes = apply_update(self._store, message)
        if changes:
            self._keep(changes)
        return _bare(message, rcode)

    def _query(self, query: dns.message.Message, *, udp: bool) -> bytes | None:
        question = query.question[0]
        found = self._store.lookup(question.name, question.rdtype)
        if found is None:
            return None
        response = dns.message.make_response(query)
        response.set_rcode(found.rcode)
        if found.rcode != dns.rcode.REFUSED:
            response.flags |= dns.flags.AA
        response.answer.extend(found.answer)
        response.authority.extend(found.authority)
        size = _udp_size(query) if udp else 65535
        try:
            return response.to_wire(max_size=size)
        except dns.exception.TooBig:
            response.answer.clear()
            response.authority.clear()
            response.flags |= dns.flags.TC
            return response.to_wire(max_size=size)


class UdpProtocol(asyncio.DatagramProtocol):
    """One datagram in, at most one out."""

    def __init__(self, server: NameServer) -> None:
        self._server = server

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        reply = self._server.respond(data, udp=True)
        if reply is not None:
            self._transport.sendto(reply, addr)


async def serve_tcp(server: NameServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer length-prefixed messages until the client leaves or is idle for too long."""
    try:
        while True:
            async with asyncio.timeout(TCP_IDLE_SECONDS):
                (length,) = struct.unpack("!H", await reader.readexactly(2))
                wire = await reader.readexactly(length)
            reply = server.respond(wire, udp=False)
            if reply is not None:
                writer.write(struct.pack("!H", len(reply)) + reply)
                await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError, TimeoutError):
        LOG.debug("a TCP client left")
    finally:
        writer.close()


async def listen(
    server: NameServer, host: str, port: int
) -> tuple[asyncio.DatagramTransport, asyncio.Server]:
    """Serve on UDP and TCP of the same port."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: UdpProtocol(server), (host, port))

    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await serve_tcp(server, reader, writer)

    return transport, await asyncio.start_server(client, host, port)


def _udp_size(query: dns.message.Message) -> int:
    offered = query.payload if query.edns >= 0 else PLAIN_UDP_SIZE
    return min(max(offered, PLAIN_UDP_SIZE), LARGEST_UDP_SIZE)


def _bare(query: dns.message.Message, rcode: dns.rcode.Rcode) -> bytes:
    response = dns.message.make_response(query)
    response.set_rcode(rcode)
    return response.to_wire()


def _not_believed(wire: bytes) -> bytes:
    """NOTAUTH with the sender's id (RFC 8945 §5.2); signed by nothing, as the key is not known."""
    return wire[:2] + bytes([wire[2] & 0x78 | 0x80, dns.rcode.NOTAUTH]) + bytes(8)


def _format_error(wire: bytes) -> bytes | None:
    """FORMERR with the sender's id; nothing where not even a header came."""
    if len(wire) < FORMAT_ERROR_SIZE or wire[2] & 0x80:
        return None
    return wire[:2] + bytes([0x80, dns.rcode.FORMERR]) + bytes(8)
