"""A small DNS server on 127.0.0.1 (UDP and TCP of one port) that answers from a dictionary, or misbehaves."""

import asyncio
import struct
from types import TracebackType
from typing import Self

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

#: (name, type) -> record texts.
Zone = dict[tuple[str, str], list[str]]


class DnsServer(asyncio.DatagramProtocol):
    """`async with DnsServer(zone) as server`; change `zone`, `moods` and `ttl` while it runs."""

    def __init__(self, zone: Zone | None = None, *, ttl: int = 300) -> None:
        self.zone: Zone = zone or {}
        #: For all types of a name: "SERVFAIL", "REFUSED", "TIMEOUT", or "TRUNCATED" over UDP.
        self.moods: dict[str, str] = {}
        self.truncate = False
        self.ttl = ttl
        self.asked: list[tuple[str, str]] = []

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._tcp = await asyncio.start_server(self._stream, "127.0.0.1", 0)
        self.address: tuple[str, int] = self._tcp.sockets[0].getsockname()[:2]
        self._udp, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=self.address)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._udp.close()
        self._tcp.close()
        await self._tcp.wait_closed()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        answer = self.answer(data)
        if answer is None:
            return
        asked = answer.question[0].name.to_text(omit_final_dot=True).lower()
        if self.truncate or self.moods.get(asked) == "TRUNCATED":
            answer.flags |= dns.flags.TC
            answer.answer.clear()
        self._udp.sendto(answer.to_wire(max_size=1232, prefer_truncation=True), addr)

    async def _stream(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        (size,) = struct.unpack("!H", await reader.readexactly(2))
        answer = self.answer(await reader.readexactly(size))
        if answer is not None:
            wire = answer.to_wire(max_size=65535)
            writer.write(struct.pack("!H", len(wire)) + wire)
            await writer.drain()
        writer.close()
        await writer.wait_closed()

    def answer(self, data: bytes) -> dns.message.Message | None:
        query = dns.message.from_wire(data)
        question = query.question[0]
        name, kind = (
            question.name.to_text(omit_final_dot=True).lower(),
            dns.rdatatype.to_text(question.rdtype),
        )
        self.asked.append((name, kind))
        mood = self.moods.get(name)
        if mood == "TIMEOUT":
            return None
        answer = dns.message.make_response(query)
        if mood not in {None, "TRUNCATED"}:
            answer.set_rcode(dns.rcode.from_text(mood))
            return answer
        return self._fill(answer, name, kind)

    def _fill(self, answer: dns.message.Message, name: str, kind: str) -> dns.message.Message:
        for _ in range(8):
            if (name, kind) in self.zone:
                answer.answer.append(
                    dns.rrset.from_text(name + ".", self.ttl, "IN", kind, *self.zone[name, kind])
                )
                break
            target = self.zone.get((name, "CNAME"))
            if target is None:
                if not any(known == name for known, _ in self.zone):
                    answer.set_rcode(dns.rcode.NXDOMAIN)
                soa = f"ns.test. hostmaster.test. 1 3600 600 86400 {self.ttl}"
                answer.authority.append(dns.rrset.from_text("test.", self.ttl, "IN", "SOA", soa))
                break
            answer.answer.append(dns.rrset.from_text(name + ".", self.ttl, "IN", "CNAME", *target))
            name = target[0].rstrip(".").lower()
        return answer
