"""`python -m scripts.bench.tls_sink PORT FOLDER`: a receiver that offers STARTTLS, which smtp-sink cannot.

It answers what a good client says, in order, and counts like `smtp-sink -c` does.
"""

import asyncio
import datetime as dt
import signal
import ssl
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final, cast

import uvloop
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_SECONDS: Final = 0.02
_HELLO: Final = b"250-sink\r\n250-PIPELINING\r\n250-SIZE 0\r\n250-8BITMIME\r\n"


class Count:
    """All sessions' acceptances; written as `mesg=<n>` to standard output when it has changed."""

    def __init__(self) -> None:
        self.accepted = 0
        self.encrypted = 0
        self._said = 0

    async def say(self) -> None:
        """For ever."""
        while True:
            await asyncio.sleep(_SECONDS)
            if self.accepted != self._said:
                self._said = self.accepted
                sys.stdout.write(f"tls={self.encrypted} mesg={self.accepted}\n")
                sys.stdout.flush()


class Session(asyncio.Protocol):
    """One connection."""

    def __init__(self, count: Count, context: ssl.SSLContext) -> None:
        self._count = count
        self._context = context
        self._buffer = bytearray()
        self._in_data = False
        self._encrypted = False
        self._task: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(b"220 sink ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while self._step():
            pass

    def _step(self) -> bool:
        """One command or one body; whether there may be another."""
        if self._in_data:
            end = self._buffer.find(b"\r\n.\r\n")
            if end < 0:
                return False
            self.took(bytes(self._buffer[: end + 2]))
            del self._buffer[: end + 5]
            self._in_data = False
            self._count.accepted += 1
            self._count.encrypted += self._encrypted
            self._transport.write(b"250 2.0.0 Ok\r\n")
            return True
        end = self._buffer.find(b"\r\n")
        if end < 0:
            return False
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 2]
        self._command(line[:4].upper())
        return True

    def took(self, message: bytes) -> None:
        """A message is complete and not yet answered; for those who look at it."""

    def _command(self, verb: bytes) -> None:
        write = self._transport.write
        if verb == b"EHLO":
            write(_HELLO + (b"250 HELP\r\n" if self._encrypted else b"250 STARTTLS\r\n"))
        elif verb == b"STAR" and not self._encrypted:
            write(b"220 2.0.0 Go ahead\r\n")
            self._task = asyncio.create_task(self._start_tls())
        elif verb == b"DATA":
            self._in_data = True
            write(b"354 End with a dot\r\n")
        elif verb == b"QUIT":
            write(b"221 2.0.0 Bye\r\n")
            self._transport.close()
        else:
            write(b"250 2.0.0 Ok\r\n")

    async def _start_tls(self) -> None:
        loop = asyncio.get_running_loop()
        upgraded = await loop.start_tls(self._transport, self, self._context, server_side=True)
        if upgraded is not None:
            self._transport, self._encrypted = upgraded, True


def _context(folder: Path) -> ssl.SSLContext:
    """A certificate of its own for P-256: the client does not verify it (opportunistic TLS)."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sink.test")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + dt.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    path = folder / "sink.pem"
    path.touch(mode=0o600)
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


async def serve(
    port: int, folder: Path, session: Callable[[Count, ssl.SSLContext], Session] = Session
) -> None:
    """Until TERM."""
    loop = asyncio.get_running_loop()
    count, context = Count(), _context(folder)
    saying = asyncio.create_task(count.say())
    server = await loop.create_server(lambda: session(count, context), "127.0.0.1", port, backlog=1024)
    stop = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    await stop.wait()
    server.close()
    saying.cancel()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1]), Path(sys.argv[2])))
