"""Identifiers: version-7 UUIDs (RFC 9562), the derived id of a campaign's message, prefixed ids."""

import re
from uuid import UUID

from relay_saas.mail.exceptions import MailError

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32, lower case
_VALUES = {symbol: value for value, symbol in enumerate(ALPHABET)}
_BODY = re.compile(rf"[0-7][{ALPHABET}]{{25}}")
_PREFIX = re.compile(r"[a-z]{1,8}")
_SYMBOLS = 26
_MAX_MS = (1 << 48) - 1


class BadId(MailError):
    """A text that is not an id of the asked kind."""

    reasons = {
        "bad_id": "This is not an id.",
        "wrong_kind": "This is an id of another kind.",
    }


def uuid7(now_ms: int, random: bytes) -> UUID:
    """A version-7 UUID of `now_ms` (milliseconds since 1970) and ten bytes of randomness (RFC 9562 §5.7)."""
    if not 0 <= now_ms <= _MAX_MS or len(random) != 10:
        raise ValueError("uuid7 takes 48 bits of milliseconds and 10 random bytes")
    noise = int.from_bytes(random, "big")
    rand_a, rand_b = noise >> 68, noise & ((1 << 62) - 1)
    return UUID(int=now_ms << 80 | 0x7 << 76 | rand_a << 64 | 0b10 << 62 | rand_b)


def message_uuid(launched_ms: int, campaign_id: int, contact_id: int, salt: int) -> UUID:
    """The id of a contact's message in a campaign, bit for bit what the launch's SQL writes.

    One launch millisecond belongs to one campaign of a tenant and `contact_id` is below 2^62, so the id is
    unique without a hash. The salt only keeps contact ids from being read off; it is no secret.
    """
    if not 0 <= launched_ms <= _MAX_MS:
        raise ValueError("launched_ms takes 48 bits")
    high = launched_ms << 16 | 0x7 << 12 | campaign_id & 0xFFF
    low = 0b10 << 62 | (contact_id ^ salt) & ((1 << 62) - 1)
    return UUID(int=high << 64 | low)


def format_id(prefix: str, value: UUID) -> str:
    """`em_` and 26 symbols of Crockford's base 32 for `prefix` "em"."""
    if not _PREFIX.fullmatch(prefix):
        raise ValueError("a prefix is one to eight lower-case letters")
    number = value.int
    body = "".join(ALPHABET[number >> shift & 31] for shift in range(5 * (_SYMBOLS - 1), -1, -5))
    return f"{prefix}_{body}"


def parse_id(prefix: str, text: str) -> UUID:
    """The UUID of a prefixed id; only the one spelling that `format_id` gives is taken.

    Raises:
        BadId: `wrong_kind` for another prefix, `bad_id` for all else.
    """
    found, separator, body = text.partition("_")
    if not separator or not _BODY.fullmatch(body):
        raise BadId("bad_id")
    if found != prefix:
        raise BadId("wrong_kind")
    number = 0
    for symbol in body:
        number = number << 5 | _VALUES[symbol]
    return UUID(int=number)
