"""`python -m scripts.bench.sasl_server PORT USER PASSWORD`: answers Postfix' questions about AUTH PLAIN.

Dovecot's authentication protocol 1.1, as much of it as smtpd speaks: Postfix has no table of users itself,
and what Debian has for that would measure a second database. One comparison a sign-in, in memory.
"""

import asyncio
import base64
import hmac
import sys
from typing import Final

import uvloop

_HELLO: Final = (
    b"VERSION\t1\t1\nMECH\tPLAIN\tplaintext\nMECH\tLOGIN\tplaintext\n"
    b"SPID\t1\nCUID\t1\nCOOKIE\t0123456789abcdef0123456789abcdef\nDONE\n"
)


async def _serve(port: int, username: str, password: str) -> None:
    expected = f"\0{username}\0{password}".encode()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(_HELLO)
        while line := await reader.readline():
            words = line.rstrip(b"\n").split(b"\t")
            if words[0] != b"AUTH":
                continue
            given = next((word[5:] for word in words if word.startswith(b"resp=")), b"")
            good = hmac.compare_digest(base64.b64decode(given), expected)
            verdict = b"OK\t%s\tuser=%s\n" if good else b"FAIL\t%s\tuser=%s\n"
            writer.write(verdict % (words[1], username.encode()))
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", port)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1]), sys.argv[2], sys.argv[3]))
