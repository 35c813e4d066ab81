"""Makes one text of the many that say the same, so that attempts point into a small dictionary."""

import hashlib
import re
from typing import Final

_ADDRESS: Final = re.compile(r"<?[^\s<>@]+@[^\s<>@]+>?")
_IP: Final = re.compile(
    r"\b\d{1,3}(?:\.\d{1,3}){3}\b|\b[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){3,7}\b", re.IGNORECASE
)
#: Queue ids, hashes, times: long words that hold a digit, and long numbers.
_ID: Final = re.compile(r"\b(?=[\w.\-]*\d)[A-Za-z0-9][\w.\-]{9,}\b|\b\d{5,}\b")
_LENGTH: Final = 500


def normalise(text: str) -> str:
    """`text` with addresses, IP addresses and ids replaced by a word for each, at most 500 characters."""
    text = _ADDRESS.sub("<address>", text)
    text = _IP.sub("<ip>", text)
    return _ID.sub("<id>", text)[:_LENGTH]


def digest(text: str) -> bytes:
    """The dictionary's key."""
    return hashlib.sha256(text.encode("utf-8", "replace")).digest()[:16]
