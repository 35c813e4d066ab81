"""`python -m scripts.faults.burst PORT RATE SECONDS AGENT`: asks for the URLs of standard input (a JSON list,
in turn) at a steady rate, whatever the answers take; says JSON."""

import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import cycle
from urllib.parse import urlsplit

CONNECTIONS = 32
LOCAL = "127.0.0.1"
SECONDS = 10.0


@dataclass(slots=True, kw_only=True)
class Burst:
    """What was asked, and what came back."""

    port: int
    agent: str
    #: (when it is due by the loop's clock, URL)
    due: asyncio.Queue[tuple[float, str] | None] = field(default_factory=asyncio.Queue)
    #: By the path's first letter and the status; status 0 is no answer.
    answers: Counter[str] = field(default_factory=Counter)
    #: Seconds from the moment at which each was due.
    took: list[float] = field(default_factory=list)

    async def connection(self) -> None:
        """One kept-open connection; a broken one is made anew."""
        streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        while (wanted := await self.due.get()) is not None:
            at, url = wanted
            status = 0
            try:
                async with asyncio.timeout(SECONDS):
                    streams = streams or await asyncio.open_connection(LOCAL, self.port)
                    status = await self._ask(*streams, url)
            except (OSError, EOFError, ValueError):
                if streams:
                    streams[1].close()
                streams = None
            self.took.append(time.monotonic() - at)
            self.answers[f"{urlsplit(url).path[1:2]} {status}"] += 1
        if streams:
            streams[1].close()

    async def _ask(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, url: str) -> int:
        parts = urlsplit(url)
        writer.write(
            f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nUser-Agent: {self.agent}\r\n\r\n".encode()
        )
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        fields = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
        await reader.readexactly(int(fields.get("content-length", "0")))
        return int(head.split(" ", 2)[1])


async def fire(burst: Burst, urls: Sequence[str], rate: float, seconds: float) -> None:
    """All of it; an answer that is late makes nobody wait but its own connection."""
    connections = [asyncio.create_task(burst.connection()) for _ in range(CONNECTIONS)]
    began = time.monotonic()
    for number, url in zip(range(int(rate * seconds)), cycle(urls), strict=False):
        at = began + number / rate
        await asyncio.sleep(at - time.monotonic())
        burst.due.put_nowait((at, url))
    for _ in connections:
        burst.due.put_nowait(None)
    await asyncio.gather(*connections)


def main(port: str, rate: str, seconds: str, agent: str) -> None:
    """As the module says."""
    burst = Burst(port=int(port), agent=agent)
    asyncio.run(fire(burst, json.load(sys.stdin), float(rate), float(seconds)))
    took = sorted(burst.took)
    percentiles = {f"p{share}": took[min(len(took) - 1, len(took) * share // 100)] for share in (50, 95, 99)}
    json.dump({"answers": burst.answers, "most": took[-1], **percentiles}, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
