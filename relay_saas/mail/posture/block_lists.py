"""Block lists by DNS (RFC 5782): what to ask, and what an answer means. A refusal is never a listing."""

from collections.abc import Sequence
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, ip_address
from typing import Final

from relay_saas.mail.dns import DnsTemporaryError
from relay_saas.mail.posture.asks import Asks

#: Where a list says how it was asked, not what it knows: Spamhaus and others by these (wrong name, public
#: resolver, too many questions).
_REFUSALS: Final = IPv4Network("127.255.255.0/24")
#: URIBL and SURBL say so with it that the resolver is refused; RFC 5782 §5 forbids it as a listing.
_REFUSED: Final = IPv4Address("127.0.0.1")
_LISTINGS: Final = IPv4Network("127.0.0.0/8")


class Listing(StrEnum):
    """What a list says."""

    CLEAR = "clear"
    LISTED = "listed"
    #: Refused, broken or silent: nothing is known.
    UNKNOWN = "unknown"


def question(subject: str, zone: str) -> str:
    """The name to ask for: an address reversed (RFC 5782 §2.1, §2.4), a domain as it is."""
    try:
        address = ip_address(subject)
    except ValueError:
        return f"{subject}.{zone}"
    reversed_name = address.reverse_pointer.removesuffix(".in-addr.arpa").removesuffix(".ip6.arpa")
    return f"{reversed_name}.{zone}"


def verdict(answers: Sequence[str]) -> Listing:
    """What A records of a list mean."""
    if not answers:
        return Listing.CLEAR
    found = [ip_address(answer) for answer in answers]
    if any(address not in _LISTINGS for address in found):
        # A list never answers like this: its domain was sold, or a resolver invents answers.
        return Listing.UNKNOWN
    if any(address in _REFUSALS or address == _REFUSED for address in found):
        return Listing.UNKNOWN
    return Listing.LISTED


async def look_up(asks: Asks, subject: str, zone: str) -> Listing:
    """One subject (address or domain) at one list."""
    try:
        return verdict(await asks.records(question(subject, zone), "A"))
    except DnsTemporaryError:
        return Listing.UNKNOWN
