"""Dynamic updates of the zone (RFC 2136): prerequisites, changes, and the records to keep."""

from collections.abc import Sequence
from dataclasses import dataclass

import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdataset
import dns.rdatatype
import dns.rrset
import dns.update
from dns.name import Name
from dns.rdataclass import RdataClass
from dns.rdatatype import RdataType

from relay_saas.simulator.dns.store import ORIGIN, REVERSE, Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The state of one record set after an update; no texts means that it is gone."""

    name: str
    rdtype: str
    ttl: int = 0
    texts: tuple[str, ...] = ()


def apply_update(store: Store, message: dns.update.UpdateMessage) -> tuple[dns.rcode.Rcode, list[Change]]:
    """Apply an UPDATE wholly or not at all; returns the response code and what changed."""
    rrsets = [*message.prerequisite, *message.update]
    if any(not _ours(rrset.name) for rrset in [*message.zone, *rrsets]):
        return dns.rcode.NOTAUTH, []
    zone = message.zone[0].name
    if any(not rrset.name.is_subdomain(zone) for rrset in rrsets):
        return dns.rcode.NOTZONE, []
    for rrset in message.prerequisite:
        rcode = _unmet(store, rrset)
        if rcode is not None:
            return rcode, []
    changes: list[Change] = []
    for rrset in message.update:
        changes += _apply(store, rrset)
    return dns.rcode.NOERROR, changes


def restore(store: Store, change: Change) -> None:
    """Bring one record set to the state that a Change describes."""
    name = dns.name.from_text(change.name)
    if change.texts:
        store.put(name, dns.rdataset.from_text_list("IN", change.rdtype, change.ttl, list(change.texts)))
    else:
        store.remove(name, dns.rdatatype.from_text(change.rdtype))


def _ours(name: Name) -> bool:
    return name.is_subdomain(ORIGIN) or name.is_subdomain(REVERSE)


def _unmet(store: Store, rrset: dns.rrset.RRset) -> dns.rcode.Rcode | None:
    """The response code of a prerequisite that does not hold (RFC 2136 §3.2), else None."""
    anything = rrset.rdtype == RdataType.ANY
    held = store.types(rrset.name)
    if rrset.deleting == RdataClass.ANY:
        if anything and not held:
            return dns.rcode.NXDOMAIN
        return dns.rcode.NXRRSET if not anything and rrset.rdtype not in held else None
    if rrset.deleting == RdataClass.NONE:
        if anything and held:
            return dns.rcode.YXDOMAIN
        return dns.rcode.YXRRSET if not anything and rrset.rdtype in held else None
    existing = store.get(rrset.name, rrset.rdtype)
    return None if existing is not None and set(existing) == set(rrset) else dns.rcode.NXRRSET


def _apply(store: Store, rrset: dns.rrset.RRset) -> list[Change]:
    if rrset.deleting == RdataClass.ANY:
        held = store.types(rrset.name)
        gone = held if rrset.rdtype == RdataType.ANY else tuple(each for each in held if each == rrset.rdtype)
        for rdtype in gone:
            store.remove(rrset.name, rdtype)
        return [_change(store, rrset.name, rdtype) for rdtype in gone]
    existing = store.get(rrset.name, rrset.rdtype)
    if rrset.deleting == RdataClass.NONE:
        left = [rdata for rdata in existing or () if rdata not in rrset]
        _put(store, rrset.name, rrset.rdtype, existing.ttl if existing else 0, left)
    elif _fits(store, rrset):
        kept = [] if existing is None or rrset.rdtype == RdataType.CNAME else list(existing)
        _put(
            store, rrset.name, rrset.rdtype, rrset.ttl, kept + [rdata for rdata in rrset if rdata not in kept]
        )
    else:
        return []
    return [_change(store, rrset.name, rrset.rdtype)]


def _fits(store: Store, rrset: dns.rrset.RRset) -> bool:
    """A CNAME stands alone: what would stand beside one is passed over (RFC 2136 §3.4.2.2)."""
    others = [rdtype for rdtype in store.types(rrset.name) if rdtype != rrset.rdtype]
    return not others if rrset.rdtype == RdataType.CNAME else RdataType.CNAME not in others


def _put(store: Store, name: Name, rdtype: RdataType, ttl: int, rdatas: Sequence[dns.rdata.Rdata]) -> None:
    rdataset = dns.rdataset.Rdataset(RdataClass.IN, rdtype, ttl=ttl)
    for rdata in rdatas:
        rdataset.add(rdata.replace() if rdata.rdclass == RdataClass.IN else _as_internet(rdata), ttl)
    store.put(name, rdataset)


def _as_internet(rdata: dns.rdata.Rdata) -> dns.rdata.Rdata:
    return dns.rdata.from_text(RdataClass.IN, rdata.rdtype, rdata.to_text())


def _change(store: Store, name: Name, rdtype: RdataType) -> Change:
    rdataset = store.get(name, rdtype)
    texts = () if rdataset is None else tuple(rdata.to_text() for rdata in rdataset)
    ttl = 0 if rdataset is None else rdataset.ttl
    return Change(name=name.to_text(), rdtype=dns.rdatatype.to_text(rdtype), ttl=ttl, texts=texts)
