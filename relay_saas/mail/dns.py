"""Where mail for a domain goes: MX look-ups with a cache, one of a name at a time (RFC 5321 §5, RFC 7505)."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from random import Random
from typing import assert_never

import dns.asyncresolver
import dns.exception
import dns.name
import dns.rdatatype
import dns.resolver
from dns.rdtypes.ANY.CNAME import CNAME
from dns.rdtypes.ANY.DS import DS
from dns.rdtypes.ANY.MX import MX
from dns.rdtypes.ANY.PTR import PTR
from dns.rdtypes.ANY.SOA import SOA
from dns.rdtypes.ANY.TXT import TXT
from dns.rdtypes.IN.A import A
from dns.rdtypes.IN.AAAA import AAAA

Network = IPv4Network | IPv6Network

#: Hosts of one MX set whose addresses are asked for, best preference first.
HOSTS_LIMIT = 10
#: Addresses that one message may try.
ADDRESSES_LIMIT = 5
_CACHE_LIMIT = 100_000


class RouteKind(StrEnum):
    """What DNS says about a domain's mail."""

    MX = "mx"
    #: No MX, by a clean empty answer: the domain's own address.
    IMPLICIT = "implicit"
    #: The domain takes no mail; final at once.
    NULL = "null"
    #: The name does not exist, or has neither MX nor address; final when seen twice, an hour apart.
    NXDOMAIN = "nxdomain"
    #: DNS could not be asked, or no MX host has an address now.
    TEMPORARY = "temporary"


@dataclass(frozen=True, slots=True, kw_only=True)
class MxHost:
    """One host of an MX set; addresses are empty where it was not looked up or has none."""

    name: str
    preference: int
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """The hosts of a domain by preference, then name."""

    kind: RouteKind
    hosts: tuple[MxHost, ...] = ()
    #: Seconds for which the answer holds.
    ttl: float = field(default=0, compare=False)

    @property
    def families(self) -> frozenset[int]:
        """IP versions (4, 6) of the hosts' addresses."""
        return frozenset(ip_address(address).version for host in self.hosts for address in host.addresses)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """What may be connected to, in order, and what must not."""

    targets: tuple[tuple[MxHost, str], ...]
    refused: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheLimits:
    """Seconds: bounds of a record's own TTL, and how long other answers are kept."""

    floor: float = 60
    ceiling: float = 3600
    #: Most for "does not exist", so that a second look an hour later really asks.
    negative: float = 300
    #: A failed look-up is not repeated sooner.
    failure: float = 5
    #: How long an expired answer stands in while the servers fail.
    stale: float = 3600


class DnsTemporaryError(Exception):
    """The question could not be answered now; `code` for machines."""

    code = "dns_temporary"


class Status(StrEnum):
    """How one look-up ended."""

    FOUND = "found"
    EMPTY = "empty"
    NXDOMAIN = "nxdomain"
    TEMPORARY = "temporary"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    status: Status
    values: tuple[str, ...] = ()
    preferences: tuple[int, ...] = ()
    ttl: float = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """An answer in the cache: asked again at `until`, and good in need till `stale_until` (clock seconds)."""

    answer: _Answer
    until: float
    stale_until: float


class Resolver:
    """Asks one server (`host`, `port`), or the system's where `server` is None; belongs to one event loop.

    `lifetime`: seconds for one look-up with its repetitions.
    """

    def __init__(
        self,
        server: tuple[str, int] | None = None,
        *,
        limits: CacheLimits | None = None,
        lifetime: float = 4.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._resolver = dns.asyncresolver.Resolver(configure=server is None)
        if server is not None:
            self._resolver.nameservers = [server[0]]
            self._resolver.port = server[1]
        self._resolver.timeout, self._resolver.lifetime = lifetime / 2, lifetime
        self._resolver.use_edns(0, payload=1232)
        self._limits = limits or CacheLimits()
        self._clock = clock
        self._cache: dict[tuple[str, str], _Kept] = {}
        self._flights: dict[tuple[str, str], asyncio.Task[_Answer]] = {}

    async def mx(self, domain: str) -> Route:
        """The route of a domain (A-labels)."""
        answer = await self._look_up(domain, "MX")
        match answer.status:
            case Status.FOUND:
                route = await self._mx_hosts(answer)
            case Status.EMPTY:
                route = await self._implicit(domain)
            case Status.NXDOMAIN:
                route = Route(kind=RouteKind.NXDOMAIN)
            case Status.TEMPORARY:
                route = Route(kind=RouteKind.TEMPORARY)
            case _:
                assert_never(answer.status)
        kept = self._cache.get(_key(domain, "MX"))
        return replace(route, ttl=max(0.0, kept.until - self._clock()) if kept is not None else 0.0)

    async def records(self, name: str, kind: str) -> tuple[str, ...]:
        """The values of a name's records (A, AAAA, CNAME, DS, MX, PTR, SOA, TXT), CNAMEs followed; () where
        there are none; raises DnsTemporaryError."""
        return (await self._settled(name, kind)).values

    async def txt(self, name: str) -> tuple[str, ...]:
        """The TXT records of a name, the strings of each joined; raises DnsTemporaryError."""
        return (await self._settled(name, "TXT")).values

    async def cname(self, name: str) -> str | None:
        """The target of a name's CNAME, lower case, without the last dot; raises DnsTemporaryError."""
        return next(iter((await self._settled(name, "CNAME")).values), None)

    async def addresses(self, name: str) -> tuple[str, ...]:
        """The addresses of a host, of both families; raises DnsTemporaryError."""
        found, temporary = await self._addresses(name)
        if temporary and not found:
            raise DnsTemporaryError(f"{name} A")
        return found

    async def zone(self, name: str) -> str:
        """The zone that a name lies in: the nearest ancestor with an SOA (RFC 1034 §4.2.1), or "" where only
        a top-level domain has one; raises DnsTemporaryError."""
        labels = name.rstrip(".").lower().split(".")
        for start in range(len(labels) - 1):
            ancestor = ".".join(labels[start:])
            if (await self._settled(ancestor, "SOA")).values:
                return ancestor
        return ""

    async def _settled(self, name: str, kind: str) -> _Answer:
        answer = await self._look_up(name, kind)
        if answer.status is Status.TEMPORARY:
            raise DnsTemporaryError(f"{name} {kind}")
        return answer

    async def _mx_hosts(self, answer: _Answer) -> Route:
        named = sorted(zip(answer.preferences, answer.values, strict=True))
        if all(not name for _, name in named):
            return Route(kind=RouteKind.NULL)
        named = [(preference, name) for preference, name in named if name]
        asked = await asyncio.gather(*(self._addresses(name) for _, name in named[:HOSTS_LIMIT]))
        found = [addresses for addresses, _ in asked] + [()] * (len(named) - len(asked))
        hosts = tuple(
            MxHost(name=name, preference=preference, addresses=addresses)
            for (preference, name), addresses in zip(named, found, strict=True)
        )
        return Route(kind=RouteKind.MX if any(found) else RouteKind.TEMPORARY, hosts=hosts)

    async def _implicit(self, domain: str) -> Route:
        addresses, temporary = await self._addresses(domain)
        if addresses:
            host = MxHost(name=domain.rstrip(".").lower(), preference=0, addresses=addresses)
            return Route(kind=RouteKind.IMPLICIT, hosts=(host,))
        return Route(kind=RouteKind.TEMPORARY if temporary else RouteKind.NXDOMAIN)

    async def _addresses(self, name: str) -> tuple[tuple[str, ...], bool]:
        """Addresses of both families, and whether one of them could not be asked."""
        if name.rpartition(".")[2].isdigit():
            return (), False
        answers = await asyncio.gather(self._look_up(name, "A"), self._look_up(name, "AAAA"))
        found = tuple(address for answer in answers for address in sorted(answer.values))
        return found, any(answer.status is Status.TEMPORARY for answer in answers)

    async def _look_up(self, name: str, kind: str) -> _Answer:
        key = _key(name, kind)
        kept = self._cache.get(key)
        if kept is not None and self._clock() < kept.until:
            return kept.answer
        flight = self._flights.get(key)
        if flight is None:
            flight = self._flights[key] = asyncio.create_task(self._refresh(key))
            flight.add_done_callback(lambda _: self._flights.pop(key, None))
        return await asyncio.shield(flight)

    async def _refresh(self, key: tuple[str, str]) -> _Answer:
        answer = await self._ask(*key)
        now = self._clock()
        limits = self._limits
        if answer.status is Status.TEMPORARY:
            kept = self._cache.get(key)
            until = now + limits.failure
            if kept is None or now >= kept.stale_until:
                return self._keep(key, answer, until, stale_until=now)
            # A server that is down is not asked for every message.
            return self._keep(key, kept.answer, min(until, kept.stale_until), stale_until=kept.stale_until)
        most = limits.ceiling if answer.status is Status.FOUND else limits.negative
        until = now + max(limits.floor, min(answer.ttl, most))
        return self._keep(key, answer, until, stale_until=until + limits.stale)

    def _keep(self, key: tuple[str, str], answer: _Answer, until: float, *, stale_until: float) -> _Answer:
        self._cache.pop(key, None)
        while len(self._cache) >= _CACHE_LIMIT:
            del self._cache[next(iter(self._cache))]
        self._cache[key] = _Kept(answer=answer, until=until, stale_until=stale_until)
        return answer

    async def _ask(self, name: str, kind: str) -> _Answer:
        try:
            found = await self._resolver.resolve(
                dns.name.from_text(name), kind, raise_on_no_answer=False, search=False
            )
        except dns.resolver.NXDOMAIN as missing:
            return _Answer(status=Status.NXDOMAIN, ttl=_negative_ttl(missing))
        except (dns.name.LabelTooLong, dns.name.EmptyLabel, dns.name.NameTooLong, dns.name.BadEscape):
            return _Answer(status=Status.NXDOMAIN)
        except (dns.exception.DNSException, UnicodeError, OSError, EOFError):
            return _Answer(status=Status.TEMPORARY)
        ttl = float(found.chaining_result.minimum_ttl)
        if found.rrset is None:
            return _Answer(status=Status.EMPTY, ttl=ttl)
        pairs = [_value(record) for record in found.rrset]
        return _Answer(
            status=Status.FOUND,
            values=tuple(value for value, _ in pairs),
            preferences=tuple(preference for _, preference in pairs),
            ttl=ttl,
        )


def _key(name: str, kind: str) -> tuple[str, str]:
    return name.rstrip(".").lower(), kind


def site_key(route: Route) -> str:
    """The name of the site: its sorted MX names; "" where there is no host."""
    return ",".join(sorted({host.name for host in route.hosts}))


def candidates(route: Route, *, version: int, networks: Sequence[Network], random: Random) -> Candidates:
    """Addresses of one IP version (4 or 6) by preference, equals in random order, at most `ADDRESSES_LIMIT`.

    Addresses that policy forbids are told apart: a route with nothing else is final, not temporary.
    """
    order = sorted(route.hosts, key=lambda host: (host.preference, random.random()))
    targets: list[tuple[MxHost, str]] = []
    refused: list[str] = []
    for host in order:
        for address in host.addresses:
            if not allowed(address, networks):
                refused.append(address)
            elif ip_address(address).version == version:
                targets.append((host, address))
    return Candidates(targets=tuple(targets[:ADDRESSES_LIMIT]), refused=tuple(refused))


#: Ranges that wrap an IPv4 address: what is inside could be private.
_WRAPPING = tuple(
    map(
        IPv6Network,
        ("::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96"),
    )
)


def allowed(address: str | IPv4Address | IPv6Address, networks: Sequence[Network]) -> bool:
    """Whether an address may be delivered to: public, or in a named range; never a wrapped IPv4."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    if isinstance(found, IPv6Address) and (found.scope_id or _wraps(found)):
        return False
    if any(found in network for network in networks):
        return True
    special = found.is_multicast or found.is_reserved or found.is_unspecified or found.is_loopback
    return found.is_global and not (special or found.is_private or found.is_link_local)


def _wraps(address: IPv6Address) -> bool:
    """Whether it stands for an IPv4 address; `::1` lies in such a range and stands for itself."""
    return not address.is_loopback and any(address in wrapping for wrapping in _WRAPPING)


def _value(record: object) -> tuple[str, int]:
    """A record's value, and an MX record's preference."""
    match record:
        case MX():
            return _text(record.exchange), int(record.preference)
        case DS():
            return f"{record.key_tag} {int(record.algorithm)}", 0
        case TXT():
            return b"".join(record.strings).decode("utf-8", "replace"), 0
        case CNAME() | PTR():
            return _text(record.target), 0
        case SOA():
            return _text(record.mname), 0
        case A() | AAAA():
            return str(record.address), 0
        case _:
            raise TypeError(type(record).__name__)


def _text(name: dns.name.Name) -> str:
    return name.to_text(omit_final_dot=True).lower().removesuffix(".")


def _negative_ttl(missing: dns.resolver.NXDOMAIN) -> float:
    """The SOA's minimum, where the server sent one."""
    responses = missing.kwargs.get("responses", {}).values()
    return float(min((response.resolve_chaining().minimum_ttl for response in responses), default=0))
