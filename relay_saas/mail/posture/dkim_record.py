"""A DKIM key record as DNS shows it (RFC 6376 §3.6.1, RFC 8463, RFC 8301)."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

#: RFC 8301 §3.2: shorter keys are not to be believed.
FEWEST_BITS: Final = 1024
ED25519_OCTETS: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRecord:
    """What the records at a selector say; `problem`: `none`, `several`, `revoked`, `malformed`, `weak`."""

    kind: str = ""
    bits: int = 0
    #: `t=y`: receivers may treat the mail as if it were not signed.
    testing: bool = False
    problem: str = ""


def read_key(texts: Sequence[str]) -> KeyRecord:
    """The key among a selector's TXT records; several are as good as none (RFC 6376 §3.6.2.2)."""
    if len(texts) != 1:
        return KeyRecord(problem="several" if texts else "none")
    tags = {
        name.strip(): "".join(value.split())
        for name, equals, value in (part.partition("=") for part in texts[0].split(";"))
        if equals
    }
    if tags.get("v", "DKIM1") != "DKIM1" or "p" not in tags:
        return KeyRecord(problem="malformed")
    kind, testing = tags.get("k", "rsa"), "y" in tags.get("t", "").split(":")
    if not tags["p"]:
        return KeyRecord(kind=kind, testing=testing, problem="revoked")
    bits = _bits(kind, tags["p"])
    problem = "malformed" if bits == 0 else "weak" if kind == "rsa" and bits < FEWEST_BITS else ""
    return KeyRecord(kind=kind, bits=bits, testing=testing, problem=problem)


def _bits(kind: str, text: str) -> int:
    try:
        raw = base64.b64decode(text, validate=True)
        if kind == "ed25519":
            return 8 * len(raw) if len(raw) == ED25519_OCTETS else 0
        key = load_der_public_key(raw) if kind == "rsa" else None
    except (binascii.Error, ValueError, UnsupportedAlgorithm):
        return 0
    return key.key_size if isinstance(key, RSAPublicKey) else 0
