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
#: Neither an address nor an id is shorter.
_SHORT: Final = 5


def normalise(text: str) -> str:
    """`text` with addresses, IP addresses and ids replaced by a word for each, at most 500 characters."""
    # Most words are letters only, and looking at a word is cheaper than searching a text three times.
    return " ".join(
        [word if len(word) < _SHORT or word.isalpha() else _named(word) for word in text.split(" ")]
    )[:_LENGTH]


def _named(word: str) -> str:
    word = _ADDRESS.sub("<address>", word)
    word = _IP.sub("<ip>", word)
    return _ID.sub("<id>", word)


def digest(text: str) -> bytes:
    """The dictionary's key."""
    return hashlib.sha256(text.encode("utf-8", "replace")).digest()[:16]
