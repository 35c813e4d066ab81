"""A sender made of other people's code: keys published by RFC 2136, messages signed by dkimpy."""

import base64
from dataclasses import dataclass

import dkim
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from tests.integration.simulator.world import World

SIGNED = [b"from", b"to", b"subject", b"message-id", b"list-unsubscribe", b"list-unsubscribe-post"]


@dataclass(frozen=True, kw_only=True)
class Sender:
    """A domain with both kinds of keys."""

    domain: str
    rsa_pem: bytes
    ed25519_seed: bytes

    def sign(self, message: bytes) -> bytes:
        """The message with an RSA and an Ed25519 signature on top."""
        for selector, algorithm, key in (
            (b"e1", b"ed25519-sha256", self.ed25519_seed),
            (b"r1", b"rsa-sha256", self.rsa_pem),
        ):
            message = (
                dkim.sign(
                    message,
                    selector,
                    self.domain.encode(),
                    key,
                    signature_algorithm=algorithm,
                    canonicalize=(b"relaxed", b"relaxed"),
                    include_headers=[name for name in SIGNED if name + b":" in message.lower()],
                )
                + message
            )
        return message


def publish_sender(world: World, domain: str, address: str) -> Sender:
    """Make keys for a domain and publish all its records, SPF for `address` included."""
    rsa_key = rsa.generate_private_key(65537, 2048)
    ed_key = ed25519.Ed25519PrivateKey.generate()
    rsa_public = base64.b64encode(
        rsa_key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    ).decode()
    raw = (serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    ed_public = base64.b64encode(ed_key.public_key().public_bytes(*raw)).decode()
    text = f"v=DKIM1; k=rsa; p={rsa_public}"
    world.publish(
        f"{domain}.",
        ("r1._domainkey", 60, "TXT", f'"{text[:250]}" "{text[250:]}"'),
        ("e1._domainkey", 60, "TXT", f'"v=DKIM1; k=ed25519; p={ed_public}"'),
        ("rp", 60, "TXT", f'"v=spf1 ip4:{address} -all"'),
        ("_dmarc", 60, "TXT", '"v=DMARC1; p=reject"'),
    )
    pem = rsa_key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    seed = ed_key.private_bytes(
        serialization.Encoding.Raw, serialization.PrivateFormat.Raw, serialization.NoEncryption()
    )
    return Sender(domain=domain, rsa_pem=pem, ed25519_seed=base64.b64encode(seed))


def letter(domain: str, recipient: str, number: int = 1, *, subject: str = "Hello", body: str = "") -> bytes:
    """A message with HTML, pixel, links and one-click headers."""
    host = f"t.{domain}"
    html = body or (
        f'<p>Hello</p><a href="http://{host}/c/one?a=1&amp;b=2">one</a><a href="http://{host}/u/gone">stop</a>'
        f'<a href="https://shop.example/">outside</a><img src="http://{host}/o/seen.gif" alt="">'
    )
    return (
        f"From: News <news@{domain}>\r\nTo: <{recipient}>\r\nSubject: {subject}\r\n"
        f"Message-ID: <{number}@{domain}>\r\nMIME-Version: 1.0\r\n"
        f"List-Unsubscribe: <http://{host}/u/gone>, <mailto:u@rp.{domain}>\r\n"
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
        'Content-Type: multipart/alternative; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nHello in plain text\r\n"
        f"--b\r\nContent-Type: text/html\r\n\r\n<html><head></head><body>{html}</body></html>\r\n--b--\r\n"
    ).encode()
