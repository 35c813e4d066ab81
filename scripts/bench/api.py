"""The mail API: single sends and batches at the product's web server, beside an address without a view."""

import asyncio
import json
import time
from collections.abc import Iterator
from typing import Final

from scripts.bench.report import Line
from scripts.bench.session import Bench
from scripts.bench.stand import BenchFailed

CONNECTIONS: Final = 8
#: Mails of one batch.
BATCH: Final = 500
#: Nothing is at this address: the server's whole frame runs, and no view.
_EMPTY: Final = "/api/v1/nothing"
_SINGLE: Final = "/api/v1/emails"
_WARM: Final = 50
_BODY: Final = "x" * 10_000


def api_row(bench: Bench) -> None:
    """An empty view, single sends, batches: requests a second over CONNECTIONS connections that are kept."""
    stand, count = bench.stand, bench.count
    told = stand.stage("api_key", tenant=bench.who["tenant"])
    before = _kept(bench)
    with stand.web({"RELAY_API_RATE": "10000"}):
        load = Load(port=stand.ports.web, secret=told["secret"], domain=bench.who["domain"])
        load.run(_EMPTY, [b""] * _WARM, 404)
        empty = load.run(_EMPTY, [b""] * count, 404)
        load.run(_SINGLE, load.singles(_WARM, "warm"), 202)
        single = load.run(_SINGLE, load.singles(count, "single"), 202)
        batches = load.run(f"{_SINGLE}/batch", load.batches(max(1, count // BATCH)), 200)
    written = _kept(bench) - before
    wanted = _WARM + count + max(1, count // BATCH) * BATCH
    if written != wanted:
        raise BenchFailed(f"{wanted} mails were accepted, {written} are there")
    bench.lines.append(Line(name="API, single sends", count=count, rate=single, cpu_ms=0.0))
    bench.lines.append(
        Line(name="API, batches of 500", count=count // BATCH * BATCH, rate=batches * BATCH, cpu_ms=0.0)
    )
    bench.figures |= {
        "api.empty_per_second": empty,
        "api.single_per_second": single,
        "api.single_share_of_empty": single / empty,
        "api.batch_messages_per_second": batches * BATCH,
        "api.batch_ratio_to_single": batches * BATCH / single,
    }


def _kept(bench: Bench) -> int:
    """Mails by API, those of other rows among them."""
    found = bench.stand.owner.execute("select count(*) from delivery_submission where channel = 'api'")
    return int(found.fetchall()[0][0])


class Load:
    """Requests over connections that are kept; each waits for its answer before the next."""

    def __init__(self, *, port: int, secret: str, domain: str) -> None:
        self._port, self._secret, self._domain = port, secret, domain

    def mail(self, name: str) -> dict[str, object]:
        """10 KB, to an address of its own."""
        return {
            "from": f"Bench <letters@{self._domain}>",
            "to": [f"{name}@bench.test"],
            "subject": name,
            "text": _BODY,
        }

    def singles(self, count: int, name: str) -> list[bytes]:
        """Bodies of single sends."""
        return [json.dumps(self.mail(f"{name}{number}")).encode() for number in range(count)]

    def batches(self, count: int) -> list[bytes]:
        """Bodies of batches."""
        return [
            json.dumps({"emails": [self.mail(f"b{batch}-{item}") for item in range(BATCH)]}).encode()
            for batch in range(count)
        ]

    def run(self, path: str, bodies: list[bytes], status: int) -> float:
        """Requests a second; raises BenchFailed for another answer."""
        return asyncio.run(self._run(path, bodies, status))

    async def _run(self, path: str, bodies: list[bytes], status: int) -> float:
        left = iter(bodies)
        began = time.monotonic()
        await asyncio.gather(*(self._connection(path, left, status) for _ in range(CONNECTIONS)))
        return len(bodies) / (time.monotonic() - began)

    async def _connection(self, path: str, left: Iterator[bytes], status: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        for body in left:
            method = "POST" if body else "GET"
            head = (
                f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {self._secret}\r\n"
                f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            )
            writer.write(head.encode() + body)
            told = await reader.readuntil(b"\r\n\r\n")
            length = int(told.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
            answer = await reader.readexactly(length)
            if not told.startswith(b"HTTP/1.1 %d" % status):
                raise BenchFailed(f"{path}: {told.decode()}{answer[:500].decode()}")
        writer.close()
