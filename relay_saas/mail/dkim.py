"""DKIM signatures by RSA and Ed25519 over one message (RFC 6376, RFC 8463): relaxed, oversigned."""

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

from relay_saas.mail.exceptions import MailError

Algorithm = Literal["rsa-sha256", "ed25519-sha256"]
PrivateKey = RSAPrivateKey | Ed25519PrivateKey

RSA_BITS = 2048
#: each is named once more than it is present, so that a second one breaks the signature
SIGNED_HEADERS = (
    "from", "to", "cc", "subject", "date", "reply-to", "message-id", "mime-version", "content-type",
    "list-unsubscribe", "list-unsubscribe-post", "list-id", "feedback-id",
)  # fmt: skip
_BLANKS = re.compile(rb"[ \t]+")
_FOLDED = re.compile(rb"\r\n(?=[ \t])")
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*")
_LINE = 72


class BadKey(MailError):
    """A key that cannot sign for a domain."""

    reasons = {
        "bad_key": "This is not a private key in PEM form.",
        "wrong_algorithm": "The key belongs to another algorithm.",
        "weak_key": "An RSA key has 2,048 bits at least.",
        "bad_name": "Domain and selector are lower-case host names.",
    }


class UnsignableMessage(MailError):
    """Octets that are not one well-formed message."""

    reasons = {
        "bare_line_end": "The message holds a CR or LF by itself.",
        "open_last_line": "The last line of the message has no CRLF.",
        "no_header": "The message has no header section.",
        "from_count": "The message does not have exactly one From header.",
        "expired": "The signature would expire before it is made.",
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey:
    """A loaded key of a sending domain; keep it, since loading costs more than signing."""

    #: `d=`, A-label form
    domain: str
    #: `s=`
    selector: str
    algorithm: Algorithm
    private: PrivateKey = field(repr=False)

    def dns_txt(self) -> str:
        """The value of the TXT record at `<selector>._domainkey.<domain>`."""
        return _dns_txt(self.private)


def generate_key(algorithm: Algorithm) -> tuple[bytes, str]:
    """A new key: its private part as PKCS #8 PEM without password, and the value of its DNS TXT record."""
    private: PrivateKey
    if algorithm == "rsa-sha256":
        private = generate_private_key(public_exponent=65537, key_size=RSA_BITS)
    else:
        private = Ed25519PrivateKey.generate()
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return pem, _dns_txt(private)


def load_key(*, domain: str, selector: str, algorithm: Algorithm, pem: bytes) -> SigningKey:
    """The signing key of a PEM as `generate_key` gives it.

    Raises:
        BadKey: with one of the codes in `BadKey.reasons`.
    """
    if not _NAME.fullmatch(domain) or not _NAME.fullmatch(selector):
        raise BadKey("bad_name")
    try:
        private = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise BadKey("bad_key") from None
    if isinstance(private, RSAPrivateKey) and algorithm == "rsa-sha256":
        if private.key_size < RSA_BITS:
            raise BadKey("weak_key")
        return SigningKey(domain=domain, selector=selector, algorithm=algorithm, private=private)
    if isinstance(private, Ed25519PrivateKey) and algorithm == "ed25519-sha256":
        return SigningKey(domain=domain, selector=selector, algorithm=algorithm, private=private)
    raise BadKey("wrong_algorithm")


def sign(message: bytes, keys: Sequence[SigningKey], now: int, expires: int | None = None) -> bytes:
    """The message with one DKIM-Signature per key on top, in the order of `keys`.

    `now` and `expires` (`x=`) are seconds since 1970. Header and body are canonicalised once for all keys.

    Raises:
        UnsignableMessage: with one of the codes in `UnsignableMessage.reasons`.
    """
    if expires is not None and expires <= now:
        raise UnsignableMessage("expired")
    if not message.count(b"\r\n") == message.count(b"\r") == message.count(b"\n"):
        raise UnsignableMessage("bare_line_end")
    head, separator, body = message.partition(b"\r\n\r\n")
    if not separator:
        raise UnsignableMessage("no_header")
    # verifiers differ over a last line without CRLF, and no server would send one
    if not message.endswith(b"\r\n"):
        raise UnsignableMessage("open_last_line")
    names, signed = _signed_fields(head)
    body_hash = base64.b64encode(hashlib.sha256(_relaxed_body(body)).digest()).decode()
    times = f"t={now};" + (f" x={expires};" if expires is not None else "")
    fields = [_signature_field(key, times, names, body_hash, signed) for key in keys]
    return b"".join([*fields, message])


def _signature_field(key: SigningKey, times: str, names: str, body_hash: str, signed: bytes) -> bytes:
    unsigned = (
        f"DKIM-Signature: v=1; a={key.algorithm}; c=relaxed/relaxed;\r\n"
        f" d={key.domain}; s={key.selector};\r\n {times}\r\n h={names};\r\n bh={body_hash};\r\n b="
    )
    signature = base64.b64encode(_signature(key.private, signed + _relaxed_field(unsigned.encode()))).decode()
    # `b=` keeps the first line short and each continuation begins with a blank
    lines = [signature[start : start + _LINE] for start in range(0, len(signature), _LINE)]
    return (unsigned + "\r\n ".join(lines) + "\r\n").encode()


def _signature(private: PrivateKey, data: bytes) -> bytes:
    if isinstance(private, RSAPrivateKey):
        return private.sign(data, padding.PKCS1v15(), hashes.SHA256())
    # RFC 8463 §3: PureEdDSA over the SHA-256 digest
    return private.sign(hashlib.sha256(data).digest())


def _signed_fields(head: bytes) -> tuple[str, bytes]:
    """The value of `h=`, folded, and the relaxed form of the fields that it names."""
    present: dict[str, list[bytes]] = {}
    for line in _FOLDED.sub(b"", head).split(b"\r\n"):
        field_name = line.partition(b":")[0].strip(b" \t").lower().decode("latin-1")
        if field_name in SIGNED_HEADERS:
            present.setdefault(field_name, []).append(line)
    if len(present.get("from", ())) != 1:
        raise UnsignableMessage("from_count")
    names: list[str] = []
    signed: list[bytes] = []
    for name in SIGNED_HEADERS:
        lines = present.get(name, [])
        names += [name] * (len(lines) + 1)
        # RFC 6376 §5.4.2: the last of its name is signed first
        signed += [_relaxed_field(line) + b"\r\n" for line in reversed(lines)]
    return _fold_names(names), b"".join(signed)


def _fold_names(names: Sequence[str]) -> str:
    lines = [""]
    for name in names:
        if len(lines[-1]) + len(name) > _LINE - 4:
            lines.append("")
        lines[-1] += f"{name}:"
    return "\r\n  ".join(lines).rstrip(":")


def _relaxed_field(line: bytes) -> bytes:
    """RFC 6376 §3.4.2, without the closing CRLF."""
    name, _, value = _FOLDED.sub(b"", line).partition(b":")
    return name.strip(b" \t").lower() + b":" + _BLANKS.sub(b" ", value).strip(b" ")


def _relaxed_body(body: bytes) -> bytes:
    """RFC 6376 §3.4.4."""
    # most bodies are encoded text without any of these: looking is cheaper than rewriting
    if b"\t" in body or b"  " in body or b" \r\n" in body:
        # whole-body replacements: a tenth of what a regular expression takes
        body = body.replace(b"\t", b" ")
        while b"  " in body:
            body = body.replace(b"  ", b" ")
        body = body.replace(b" \r\n", b"\r\n")
    lines = body.rstrip(b"\r\n")
    return lines + b"\r\n" if lines else b""


def _dns_txt(private: PrivateKey) -> str:
    public = private.public_key()
    if isinstance(private, RSAPrivateKey):
        der = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        return f"v=DKIM1; k=rsa; p={base64.b64encode(der).decode()}"
    raw = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return f"v=DKIM1; k=ed25519; p={base64.b64encode(raw).decode()}"
