"""`python -m scripts.bench.inject PORT FILE CONNECTIONS`: hands the mails of a parcel to a server, pipelined.

Says when it began and ended, on the machine's monotonic clock, and its CPU seconds.
"""

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import uvloop

from scripts.bench import parcel

_SENDER: Final = b"bounces@rp.news.bench.test"


class Refused(Exception):
    """A server did not take what it was given."""


async def _expect(reader: asyncio.StreamReader, code: bytes) -> None:
    while True:
        line = await reader.readline()
        if not line.startswith(code):
            raise Refused(line.decode("latin-1"))
        if line[3:4] != b"-":
            return


async def _session(port: int, mails: Iterator[tuple[bytes, bytes]]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    await _expect(reader, b"220")
    writer.write(b"EHLO injector.bench.test\r\n")
    await _expect(reader, b"250")
    for recipient, mail in mails:
        writer.write(b"MAIL FROM:<%s>\r\nRCPT TO:<%s>\r\nDATA\r\n" % (_SENDER, recipient))
        await _expect(reader, b"250")
        await _expect(reader, b"250")
        await _expect(reader, b"354")
        writer.write((b"\r\n" + mail).replace(b"\r\n.", b"\r\n..")[2:] + b".\r\n")
        await _expect(reader, b"250")
    writer.write(b"QUIT\r\n")
    await _expect(reader, b"221")
    writer.close()


async def _inject(port: int, path: Path, connections: int) -> dict[str, float]:
    mails = parcel.read(path)
    began = time.monotonic()
    await asyncio.gather(*(_session(port, mails) for _ in range(connections)))
    return {"began": began, "ended": time.monotonic(), "cpu": time.process_time()}


if __name__ == "__main__":
    told = uvloop.run(_inject(int(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])))
    sys.stdout.write(json.dumps(told) + "\n")
