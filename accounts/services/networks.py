"""Networks that a key or a credential may be used from."""

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

from django.utils.translation import gettext as _

from relay_saas.web.problems import FieldProblem, pointer_to

#: Of one list: each entry is compared with at every sign-in, request or message.
MAX_ENTRIES: Final = 50


def networks_of(texts: Sequence[str], problems: list[FieldProblem]) -> list[str]:
    """Each network once, in its usual spelling; what is none becomes a problem."""
    found: dict[str, None] = {}
    for index, text in enumerate(texts):
        try:
            found[str(ip_network(text.strip()))] = None
        except ValueError:
            detail = _("%(text)s is not a network like 203.0.113.0/24 or an address.") % {"text": text[:100]}
            pointer = pointer_to("/networks", index)
            problems.append(FieldProblem(pointer=pointer, code="bad_network", detail=detail))
    refuse_long(len(found), "/networks", problems)
    return list(found)


def refuse_long(entries: int, pointer: str, problems: list[FieldProblem]) -> None:
    """A list above MAX_ENTRIES becomes a problem."""
    if entries > MAX_ENTRIES:
        detail = _("At most %(most)s entries.") % {"most": MAX_ENTRIES}
        problems.append(FieldProblem(pointer=pointer, code="too_many", detail=detail))


def comes_from(peer: str, networks: Sequence[str]) -> bool:
    """Whether the address lies in one of the networks; none of them: it does."""
    if not networks:
        return True
    try:
        address: IPv4Address | IPv6Address = ip_address(peer.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return any(address in _network(network) for network in networks)


@lru_cache(maxsize=4096)
def _network(text: str) -> IPv4Network | IPv6Network:
    return ip_network(text)
