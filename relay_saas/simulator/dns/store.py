"""The records of `.test`, of the providers' hosts and of the loopback's reverse zone: look-up by RFC 1034
§4.3.2 without wildcards."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import dns.exception
import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdataset
import dns.rdatatype
import dns.reversename
import dns.rrset
from dns.name import Name
from dns.rdatatype import RdataType

ORIGIN = dns.name.from_text("test.")
REVERSE = dns.name.from_text("127.in-addr.arpa.")
CHAIN_LIMIT = 8
#: Negative answers may be kept this long (RFC 2308), so that a record published late is soon seen.
NEGATIVE_TTL = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a name server says: a response code, the answer section and the authority section."""

    rcode: dns.rcode.Rcode
    answer: tuple[dns.rrset.RRset, ...] = ()
    authority: tuple[dns.rrset.RRset, ...] = ()


class Store:
    """Resource record sets by name and type; a name that only has names below it is empty, not absent."""

    def __init__(self) -> None:
        self._names: dict[Name, dict[RdataType, dns.rdataset.Rdataset]] = {}
        self._ancestors: Counter[Name] = Counter()
        self._owners: dict[str, list[Name]] = {}
        self._faults: dict[Name, dns.rcode.Rcode | None] = {}
        for origin in (ORIGIN, REVERSE):
            self.put(origin, dns.rdataset.from_text("IN", "SOA", 60, _soa()))
            self.put(origin, dns.rdataset.from_text("IN", "NS", 60, "ns1.simulator.test."))
        self.put(
            dns.name.from_text("ns1.simulator.test."), dns.rdataset.from_text("IN", "A", 60, "127.0.0.1")
        )

    def get(self, name: Name, rdtype: RdataType) -> dns.rdataset.Rdataset | None:
        """The records of one name and type, without following CNAME."""
        return self._names.get(name, {}).get(rdtype)

    def types(self, name: Name) -> tuple[RdataType, ...]:
        """Which record types a name has."""
        return tuple(self._names.get(name, ()))

    def put(self, name: Name, rdataset: dns.rdataset.Rdataset) -> None:
        """Replace the records of that name and type; an empty set removes them."""
        self.remove(name, rdataset.rdtype)
        if not rdataset:
            return
        if name not in self._names:
            self._ancestors.update(_ancestors(name))
        self._names.setdefault(name, {})[rdataset.rdtype] = rdataset
        for address in _addresses(rdataset):
            self._owners.setdefault(address, []).append(name)

    def remove(self, name: Name, rdtype: RdataType) -> None:
        """Forget the records of that name and type."""
        types = self._names.get(name, {})
        rdataset = types.pop(rdtype, None)
        if rdataset is None:
            return
        for address in _addresses(rdataset):
            self._owners[address].remove(name)
        if not types:
            del self._names[name]
            self._ancestors.subtract(_ancestors(name))

    def fail(self, name: Name, rcode: dns.rcode.Rcode | None) -> None:
        """Answer queries at and below `name` with this code; None means silence."""
        self._faults[name] = rcode

    def lookup(self, name: Name, rdtype: RdataType) -> Answer | None:
        """The answer to a query, CNAMEs chased inside our zones; None where the server must stay silent."""
        for broken, rcode in self._faults.items():
            if name.is_subdomain(broken):
                return None if rcode is None else Answer(rcode=rcode)
        if not (name.is_subdomain(ORIGIN) or name.is_subdomain(REVERSE) or name in self._names):
            return Answer(rcode=dns.rcode.REFUSED)
        found: list[dns.rrset.RRset] = []
        for _ in range(CHAIN_LIMIT):
            rrsets = self._rrsets(name, rdtype)
            if rrsets:
                return Answer(rcode=dns.rcode.NOERROR, answer=(*found, *rrsets))
            cname = self.get(name, RdataType.CNAME)
            if cname is None:
                return self._nothing(name, tuple(found))
            found.append(dns.rrset.from_rdata_list(name, cname.ttl, list(cname)))
            name = cname[0].target
            if not name.is_subdomain(ORIGIN):
                return Answer(rcode=dns.rcode.NOERROR, answer=tuple(found))
        return Answer(rcode=dns.rcode.SERVFAIL)

    def _rrsets(self, name: Name, rdtype: RdataType) -> list[dns.rrset.RRset]:
        held = self._names.get(name, {})
        wanted: Iterable[dns.rdataset.Rdataset | None] = (
            held.values() if rdtype == RdataType.ANY else (held.get(rdtype),)
        )
        sets = [dns.rrset.from_rdata_list(name, each.ttl, list(each)) for each in wanted if each]
        if not sets and rdtype == RdataType.PTR and name.is_subdomain(REVERSE):
            owners = self._owners.get(_address_of(name), ())
            return [dns.rrset.from_text(name, 60, "IN", "PTR", owner.to_text()) for owner in owners[:1]]
        return sets

    def _nothing(self, name: Name, found: tuple[dns.rrset.RRset, ...]) -> Answer:
        """NODATA where the name or one below it exists, else NXDOMAIN, each with the SOA (RFC 2308)."""
        exists = name in self._names or self._ancestors[name] > 0
        exists = exists or bool(self._owners.get(_address_of(name)))
        # A provider's host may carry the name that it has in the world: a zone of its own.
        origin = next((each for each in (ORIGIN, REVERSE) if name.is_subdomain(each)), name.parent())
        soa = dns.rrset.from_text(origin, NEGATIVE_TTL, "IN", "SOA", _soa())
        rcode = dns.rcode.NOERROR if exists else dns.rcode.NXDOMAIN
        return Answer(rcode=rcode, answer=found, authority=(soa,))


def _soa() -> str:
    return f"ns1.simulator.test. hostmaster.simulator.test. 1 3600 600 86400 {NEGATIVE_TTL}"


def _ancestors(name: Name) -> Iterator[Name]:
    while name != dns.name.root:
        name = name.parent()
        yield name


def _addresses(rdataset: dns.rdataset.Rdataset) -> list[str]:
    return [rdata.address for rdata in rdataset] if rdataset.rdtype == RdataType.A else []


def _address_of(name: Name) -> str:
    try:
        return dns.reversename.to_address(name)
    except (dns.exception.DNSException, ValueError):
        return ""
