"""Signed tokens of return paths and links: self-sufficient, the same over retries (RFC 5321 §4.5.3).

A token is the purpose's letter and 35 bytes in lower-case base 32 (RFC 4648 §6): key id, tenant, message,
extra and an 80-bit HMAC-SHA-256. 35 bytes are exactly 56 symbols: no spare bits, one spelling for a token.
The keys belong to one installation: a key shared by two would let one sign for the other.
"""

import base64
import binascii
import hashlib
import hmac
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from uuid import UUID

from relay_saas.mail.base32 import base32
from relay_saas.mail.exceptions import MailError

LENGTH = 57
_MAC_BYTES = 10
_MIN_KEY_BYTES = 32
_MAX_KEY_ID = 31
_FIELDS = struct.Struct(">BI16sI")
_SHARED = struct.Struct(">BI16s")
#: of the shared octets, as many as whole symbols hold
_COMMON = 20
#: symbols of a token that are its own
_OWN = 24
#: octets of a block of SHA-256
_BLOCK = 64
_CONTEXT = b"relay token 1\0"


class BadToken(MailError):
    """A text that we did not sign for this purpose and host."""

    reasons = {
        "bad_token": "This link or address is not valid.",
        "wrong_purpose": "This link or address serves another purpose.",
        "unknown_key": "This link or address was signed with a key that is no longer in use.",
    }


class Purpose(Enum):
    """What a token may be used for; the value is its first letter."""

    RETURN_PATH = "b"
    CLICK = "c"
    OPEN = "o"
    UNSUBSCRIBE = "u"
    MAILTO = "m"
    #: in a header field, for reports that show no address
    TRACE = "t"


@dataclass(frozen=True, slots=True)
class Token:
    """What a token says."""

    purpose: Purpose
    #: the tenant's number, 32 bits
    tenant: int
    message: UUID
    #: 32 bits for the purpose's own use: a click's link index, else 0
    extra: int = 0


@dataclass(frozen=True, slots=True)
class TokenKeys:
    """The signing keys by id (0–31, at least 32 bytes each); all are accepted, `current` signs."""

    keys: Mapping[int, bytes] = field(repr=False)
    current: int

    def __post_init__(self) -> None:
        if self.current not in self.keys:
            raise ValueError("the current token key is not among the keys")
        for key_id, key in self.keys.items():
            if not 0 <= key_id <= _MAX_KEY_ID or len(key) < _MIN_KEY_BYTES:
                raise ValueError(f"token key {key_id}: the id is 0-31 and a key has at least 32 bytes")


def encode(token: Token, host: str, keys: TokenKeys) -> str:
    """The token's 57 characters, bound to `host` (the link's host name, or the address's domain)."""
    fields = _FIELDS.pack(keys.current, token.tenant, token.message.bytes, token.extra)
    mac = _mac(keys.keys[keys.current], token.purpose, fields, host)
    return token.purpose.value + base32(fields + mac)


@dataclass(frozen=True, slots=True)
class Use:
    """One of a message's tokens: what for, and the host that it is bound to."""

    purpose: Purpose
    host: str
    extra: int = 0


class TokenSet:
    """All tokens of each message of one content: what the messages share is made once."""

    def __init__(self, uses: Sequence[Use], keys: TokenKeys) -> None:
        self._key_id = keys.current
        self._inner, self._outer = _pads(keys.keys[keys.current])
        self._uses = [
            (use.purpose.value, _head(use.purpose), use.extra.to_bytes(4, "big"), _tail(use.host))
            for use in uses
        ]

    def encode(self, tenant: int, message: UUID) -> list[str]:
        """The tokens in the order of the uses, each as `encode` makes it."""
        shared = _SHARED.pack(self._key_id, tenant, message.bytes)
        rest: list[bytes] = []
        for _, head, extra, tail in self._uses:
            inner = self._inner.copy()
            inner.update(head + shared + extra + tail)
            outer = self._outer.copy()
            outer.update(inner.digest())
            rest += (shared[_COMMON:], extra, outer.digest()[:_MAC_BYTES])
        first, symbols = base32(shared[:_COMMON]), base32(b"".join(rest))
        return [
            f"{letter}{first}{symbols[start : start + _OWN]}"
            for (letter, *_), start in zip(self._uses, range(0, len(symbols), _OWN), strict=True)
        ]


def decode(text: str, purpose: Purpose, host: str, keys: TokenKeys) -> Token:
    """What the token says, if we signed it for this purpose and host; mail may have changed its case.

    Raises:
        BadToken: `bad_token`, `wrong_purpose` or `unknown_key`; answer all three alike to the outside.
    """
    # before lower(): the Kelvin sign becomes an ASCII k there
    if len(text) != LENGTH or not text.isascii():
        raise BadToken("bad_token")
    letter, body = text[0].lower(), text[1:].upper()
    if letter != purpose.value:
        raise BadToken("wrong_purpose" if letter in _LETTERS else "bad_token")
    try:
        raw = base64.b32decode(body)
    except binascii.Error:
        raise BadToken("bad_token") from None
    if len(raw) != _FIELDS.size + _MAC_BYTES:
        raise BadToken("bad_token")
    fields, mac = raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]
    key_id, tenant, message, extra = _FIELDS.unpack(fields)
    key = keys.keys.get(key_id)
    if key is None:
        raise BadToken("unknown_key")
    if not hmac.compare_digest(mac, _mac(key, purpose, fields, host)):
        raise BadToken("bad_token")
    return Token(purpose, tenant, UUID(bytes=message), extra)


def _mac(key: bytes, purpose: Purpose, fields: bytes, host: str) -> bytes:
    # all parts before the host have a fixed length, so no two inputs run together
    return hmac.digest(key, _head(purpose) + fields + _tail(host), hashlib.sha256)[:_MAC_BYTES]


def _head(purpose: Purpose) -> bytes:
    return _CONTEXT + purpose.value.encode()


def _tail(host: str) -> bytes:
    return host.rstrip(".").lower().encode()


def _pads(key: bytes) -> tuple["hashlib._Hash", "hashlib._Hash"]:
    """The two hashes of HMAC (RFC 2104) behind their pads: copying them is cheaper than beginning anew."""
    block = (key if len(key) <= _BLOCK else hashlib.sha256(key).digest()).ljust(_BLOCK, b"\0")
    inner, outer = (hashlib.sha256(bytes(octet ^ pad for octet in block)) for pad in (0x36, 0x5C))
    return inner, outer


_LETTERS = frozenset(purpose.value for purpose in Purpose)
