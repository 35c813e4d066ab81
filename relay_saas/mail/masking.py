"""Takes out of a text what must not leave the house: addresses, tokens, what a URL says behind its host."""

import re
from typing import Final

#: Half of an address; the domain stays, because whoever reads it looks after that domain.
_ADDRESS: Final = re.compile(r"([^\s<>()\[\]:;,\"'=@]{1,320})@([A-Za-z0-9\u0080-\U0010ffff.\-]{1,255})")
_URL: Final = re.compile(r"(https?://[^\s/?#<>\"']{1,255})[^\s<>\"']*", re.IGNORECASE)
#: Our tokens are base 32; nobody's queue id is that long and that uniform.
_TOKEN: Final = re.compile(r"\b[a-z2-7]{30,}\b", re.IGNORECASE)
_SHORTEST: Final = 3
MASK: Final = "***"


def mask_address(address: str) -> str:
    """`taro@example.jp` as `t***@example.jp`."""
    local, at, domain = address.rpartition("@")
    return f"{local[:1]}{MASK}@{domain}" if at else MASK


def mask_text(text: str, addresses: tuple[str, ...] = ()) -> str:
    """A text without addresses and tokens; of `addresses` not even the part before the @ stays alone.

    Message-IDs are addresses by their shape: a caller that wants to show one adds it afterwards.
    """
    masked = _URL.sub(rf"\1/{MASK}", text)
    masked = _ADDRESS.sub(lambda found: f"{found[1][:1]}{MASK}@{found[2]}", masked)
    for address in addresses:
        local = address.rpartition("@")[0]
        if len(local) >= _SHORTEST:
            alone = re.compile(rf"(?<!\w){re.escape(local)}(?!\w)", re.IGNORECASE)
            masked = alone.sub(f"{local[:1]}{MASK}", masked)
    return _TOKEN.sub(MASK, masked)
