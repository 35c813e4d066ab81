"""Forward-confirmed reverse DNS of a sending address (RFC 1912 §2.1, RFC 8601 §3 `iprev`)."""

from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final

from relay_saas.mail.posture.asks import Asks

MOST_NAMES: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Reverse:
    """The names of an address, and those that lead back to it."""

    names: tuple[str, ...]
    confirmed: tuple[str, ...]


async def reverse(asks: Asks, address: str) -> Reverse:
    """Asks for the names of an address and for the addresses of each; raises DnsTemporaryError."""
    found = ip_address(address)
    names = await asks.records(found.reverse_pointer, "PTR")
    kind = "AAAA" if found.version == 6 else "A"
    confirmed = [
        name
        for name in names[:MOST_NAMES]
        if any(ip_address(one) == found for one in await asks.records(name, kind))
    ]
    return Reverse(names=tuple(names), confirmed=tuple(confirmed))
