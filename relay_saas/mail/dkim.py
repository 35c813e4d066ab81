"""DKIM signatures by RSA and Ed25519 over one message (RFC 6376, RFC 8463): relaxed, oversigned."""

import base64
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal, cast

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

from relay_saas.mail.exceptions import MailError
from relay_saas.mail.headers import Field

Algorithm = Literal["rsa-sha256", "ed25519-sha256"]
PrivateKey = RSAPrivateKey | Ed25519PrivateKey

RSA_BITS = 2048
#: each is named once more than it is present, so that a second one breaks the signature
SIGNED_HEADERS = (
    "from", "to", "cc", "subject", "date", "reply-to", "message-id", "mime-version", "content-type",
    "list-unsubscribe", "list-unsubscribe-post", "list-id", "feedback-id", "cfbl-address", "cfbl-feedback-id",
)  # fmt: skip
_SIGNED = frozenset(SIGNED_HEADERS)
_BLANKS = re.compile(r"[ \t]+")
_FOLDED = re.compile(r"\r\n(?=[ \t])")
_CONTINUED = "\r\n "
_PADDING = padding.PKCS1v15()
_SHA256 = hashes.SHA256()
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

    def sign(self, data: bytes) -> bytes:
        """The signature of `data`, before base64."""
        # `isinstance` of an abstract class would cost more than all else here
        if self.algorithm == "rsa-sha256":
            return cast(RSAPrivateKey, self.private).sign(data, _PADDING, _SHA256)
        # RFC 8463 §3: PureEdDSA over the SHA-256 digest
        return cast(Ed25519PrivateKey, self.private).sign(hashlib.sha256(data).digest())

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


def load_key(
    *, domain: str, selector: str, algorithm: Algorithm, pem: bytes, known: bool = False
) -> SigningKey:
    """The signing key of a PEM as `generate_key` gives it.

    `known`: `generate_key` made it, and nobody else could write it; an RSA key's numbers are not
    checked then, which takes 40 ms.

    Raises:
        BadKey: with one of the codes in `BadKey.reasons`.
    """
    if not _NAME.fullmatch(domain) or not _NAME.fullmatch(selector):
        raise BadKey("bad_name")
    try:
        private = serialization.load_pem_private_key(pem, password=None, unsafe_skip_rsa_key_validation=known)
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

    `now` and `expires` (`x=`) are seconds since 1970.

    Raises:
        UnsignableMessage: with one of the codes in `UnsignableMessage.reasons`.
    """
    if not message.count(b"\r\n") == message.count(b"\r") == message.count(b"\n"):
        raise UnsignableMessage("bare_line_end")
    head, separator, body = message.partition(b"\r\n\r\n")
    if not separator:
        raise UnsignableMessage("no_header")
    # verifiers differ over a last line without CRLF, and no server would send one
    if not message.endswith(b"\r\n"):
        raise UnsignableMessage("open_last_line")
    lines = _FOLDED.sub("", head.decode("utf-8", "surrogateescape")).split("\r\n")
    fields = [_parsed_field(line) for line in lines]
    return signatures(fields, relaxed_body(body), keys, now, expires) + message


def signatures(
    fields: Iterable[Field], body: bytes, keys: Sequence[SigningKey], now: int, expires: int | None = None
) -> bytes:
    """One DKIM-Signature field per key, in the order of `keys`; hash and header are made once for all.

    `body` is in relaxed canonical form, but for empty lines at its end.

    Raises:
        UnsignableMessage: `from_count` or `expired`.
    """
    if expires is not None and expires <= now:
        raise UnsignableMessage("expired")
    names, signed = _signed_fields(fields)
    if body.endswith(b"\r\n\r\n") or body == b"\r\n":
        body = _without_empty_lines(body)
    body_hash = base64.b64encode(hashlib.sha256(body).digest()).decode()
    times = f"t={now};" if expires is None else f"t={now}; x={expires};"
    return "".join([_signature_field(key, times, names, body_hash, signed) for key in keys]).encode()


def _signature_field(key: SigningKey, times: str, names: tuple[str, str], body_hash: str, signed: str) -> str:
    listed, relaxed = names
    first, second = f"v=1; a={key.algorithm}; c=relaxed/relaxed;", f"d={key.domain}; s={key.selector};"
    own = f"dkim-signature:{first} {second} {times} h={relaxed}; bh={body_hash}; b="
    data = (signed + own).encode("utf-8", "surrogateescape")
    signature = base64.b64encode(key.sign(data)).decode()
    # `b=` keeps the first line short and each continuation begins with a blank
    lines = [signature[start : start + _LINE] for start in range(0, len(signature), _LINE)]
    return (
        f"DKIM-Signature: {first}\r\n {second}\r\n {times}\r\n h={listed};\r\n bh={body_hash};\r\n"
        f" b={_CONTINUED.join(lines)}\r\n"
    )


def _signed_fields(fields: Iterable[Field]) -> tuple[tuple[str, str], str]:
    """The value of `h=` (folded, relaxed), and the relaxed form of the fields that it names."""
    names: list[str] = []
    present: dict[str, str] = {}
    for name, _, relaxed in fields:
        if name in _SIGNED:
            names.append(name)
            # RFC 6376 §5.4.2: the last of its name is signed first
            present[name] = relaxed + present[name] if name in present else relaxed
    if names.count("from") != 1:
        raise UnsignableMessage("from_count")
    return _listed(tuple(names)), "".join([present[name] for name in SIGNED_HEADERS if name in present])


@lru_cache(maxsize=1024)
def _listed(names: tuple[str, ...]) -> tuple[str, str]:
    """`h=` for a message with these fields, folded and relaxed."""
    listed = [name for name in SIGNED_HEADERS for _ in range(names.count(name) + 1)]
    lines = [""]
    for name in listed:
        if len(lines[-1]) + len(name) > _LINE - 4:
            lines.append("")
        lines[-1] += f"{name}:"
    folded = "\r\n  ".join(lines).rstrip(":")
    return folded, folded.replace("\r\n ", "")


def _parsed_field(line: str) -> Field:
    """RFC 6376 §3.4.2, of an unfolded line."""
    name, _, value = line.partition(":")
    lowered = name.strip(" \t").lower()
    return Field(lowered, line, f"{lowered}:{_BLANKS.sub(' ', value).strip(' ')}\r\n")


def relaxed_body(body: bytes) -> bytes:
    """The relaxed canonical form of a body (RFC 6376 §3.4.4)."""
    # most bodies are encoded text without any of these: looking is cheaper than rewriting
    if b"\t" in body or b"  " in body or b" \r\n" in body:
        # whole-body replacements: a tenth of what a regular expression takes
        body = body.replace(b"\t", b" ")
        while b"  " in body:
            body = body.replace(b"  ", b" ")
        body = body.replace(b" \r\n", b"\r\n")
    return _without_empty_lines(body)


def _without_empty_lines(body: bytes) -> bytes:
    lines = body.rstrip(b"\r\n")
    return lines + b"\r\n" if lines else b""


def _dns_txt(private: PrivateKey) -> str:
    public = private.public_key()
    if isinstance(private, RSAPrivateKey):
        der = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        return f"v=DKIM1; k=rsa; p={base64.b64encode(der).decode()}"
    raw = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return f"v=DKIM1; k=ed25519; p={base64.b64encode(raw).decode()}"
