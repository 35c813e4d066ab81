"""What an API key is limited to: simulation, sending domains, networks, a rate."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any, Final

from django.utils.translation import gettext as _

from accounts.exceptions import BadKeySettings
from accounts.models import ApiKey, SendingDomain
from relay_saas.web.problems import FieldProblem, pointer_to

#: Each is compared with at every request.
MAX_ENTRIES: Final = 50
MAX_RATE: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyLimits:
    """`domains` empty: every verified one; `networks` empty: from everywhere; `rate` None: the usual."""

    test: bool = False
    domains: Sequence[str] = ()
    networks: Sequence[str] = ()
    rate: int | None = None


NO_LIMITS: Final = KeyLimits()


def limits_of(key: ApiKey) -> KeyLimits:
    """Those that a key has."""
    return KeyLimits(test=key.test, domains=key.domains, networks=key.networks, rate=key.rate)


def values_of(limits: KeyLimits) -> dict[str, Any]:
    """The columns' values, in the tenant's scope; raises BadKeySettings with every problem."""
    problems: list[FieldProblem] = []
    values = {
        "test": limits.test,
        "domains": _domains(limits, problems),
        "networks": _networks(limits, problems),
        "rate": limits.rate,
    }
    if limits.rate is not None and not 1 <= limits.rate <= MAX_RATE:
        detail = _("Give a whole number from 1 to %(most)s, or none.") % {"most": MAX_RATE}
        problems.append(FieldProblem(pointer="/rate", code="bad_limit", detail=detail))
    if problems:
        raise BadKeySettings(errors=problems)
    return values


def _domains(limits: KeyLimits, problems: list[FieldProblem]) -> list[str]:
    if not limits.domains:
        return []
    own = set(SendingDomain.objects.values_list("name", flat=True))
    found: dict[str, None] = {}
    for index, text in enumerate(limits.domains):
        name = text.strip().lower()
        if name not in own:
            detail = _("%(name)s is none of your sending domains. Add it there first, then verify it.")
            pointer = pointer_to("/domains", index)
            detail %= {"name": text[:100]}
            problems.append(FieldProblem(pointer=pointer, code="domain_unknown", detail=detail))
        found[name] = None
    _count(len(found), "/domains", problems)
    return list(found)


def _networks(limits: KeyLimits, problems: list[FieldProblem]) -> list[str]:
    found: dict[str, None] = {}
    for index, text in enumerate(limits.networks):
        try:
            found[str(ip_network(text.strip()))] = None
        except ValueError:
            detail = _("%(text)s is not a network like 203.0.113.0/24 or an address.") % {"text": text[:100]}
            pointer = pointer_to("/networks", index)
            problems.append(FieldProblem(pointer=pointer, code="bad_network", detail=detail))
    _count(len(found), "/networks", problems)
    return list(found)


def _count(number: int, pointer: str, problems: list[FieldProblem]) -> None:
    if number > MAX_ENTRIES:
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
