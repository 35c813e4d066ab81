"""TLS without a socket, so that its bytes take the same delayed path as all others; certificates."""

import datetime as dt
import ssl
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

READ_SIZE = 262_144


class TlsLayer:
    """The server's end of a TLS connection between two memory buffers."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self.version = ""

    def decrypt(self, data: bytes) -> bytes:
        """Plain text out of what came over the wire; ssl.SSLError where it is no TLS.

        What TLS itself wants to send afterwards is fetched by `pending`.
        """
        self._incoming.write(data)
        parts: list[bytes] = []
        try:
            if not self.version:
                self._tls.do_handshake()
                self.version = self._tls.version() or ""
            while part := self._tls.read(READ_SIZE):
                parts.append(part)
        except (ssl.SSLWantReadError, ssl.SSLZeroReturnError):
            pass
        return b"".join(parts) if self.version else b""

    def encrypt(self, data: bytes) -> None:
        """Take plain text; its records are fetched by `pending`."""
        self._tls.write(data)

    def pending(self) -> bytes:
        """Bytes for the wire."""
        return self._outgoing.read()


def server_context(folder: Path, names: list[str], *, expired: bool) -> ssl.SSLContext:
    """A context with a fresh self-signed certificate for these host names, written into `folder`."""
    now = dt.datetime.now(dt.UTC)
    start = now - dt.timedelta(days=400 if expired else 1)
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64])])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + dt.timedelta(days=90))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{names[0]}.pem"
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
