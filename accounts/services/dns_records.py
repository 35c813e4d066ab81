"""Which DNS records a sending domain needs: the tenant's, by CNAME into our zone, and ours behind them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import DkimKey, SendingDomain
from accounts.selectors.signing import platform_key
from relay_saas.mail.dkim import Algorithm
from relay_saas.net.zone import ZoneRecord

#: Two selectors per algorithm from the first day, so that a rotation asks the tenant for nothing.
SELECTORS: dict[str, Algorithm] = {
    "r1": "rsa-sha256",
    "r2": "rsa-sha256",
    "e1": "ed25519-sha256",
    "e2": "ed25519-sha256",
}
RETURN_PATH_LABEL = "rp"
TRACKING_LABEL = "t"
#: Below our zone: the SPF record that those of all return paths lead to.
SPF_LABEL = "_spf"


class Egress(NamedTuple):
    """One of our sending addresses, as the settings name it."""

    pool: str
    address: str
    helo: str


#: Who else knows of sending addresses than this host's settings: the app that keeps them adds its reader.
further_sources: list[Callable[[], Iterable[Egress]]] = []


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A record that the tenant sets at its DNS host; `purpose` is what the page explains."""

    purpose: str
    label: str | Promise
    type: str
    name: str
    value: str


def tenant_records(domain: SendingDomain) -> list[Record]:
    """The records to set, in the order of the page."""
    name, label, zone = domain.name, domain.label, settings.RELAY_ZONE
    signing = [
        Record(
            purpose=f"dkim_{selector}",
            label=_("Signature (DKIM)"),
            type="CNAME",
            name=f"{selector}._domainkey.{name}",
            value=f"{selector}.{label}.dkim.{zone}",
        )
        for selector in SELECTORS
    ]
    return [
        *signing,
        Record(
            purpose="return_path",
            label=_("Return path (SPF)"),
            type="CNAME",
            name=f"{RETURN_PATH_LABEL}.{name}",
            value=f"{label}.rp.{zone}",
        ),
        Record(
            purpose="tracking",
            label=_("Links and unsubscribe pages"),
            type="CNAME",
            name=f"{TRACKING_LABEL}.{name}",
            value=f"{label}.edge.{zone}",
        ),
        Record(
            purpose="dmarc",
            label=_("Policy (DMARC)"),
            type="TXT",
            name=f"_dmarc.{name}",
            value=f"v=DMARC1; p=none; rua=mailto:dmarc@{zone}",
        ),
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFacts:
    """As much of a key as DNS shows."""

    label: str
    selector: str
    algorithm: str
    public_txt: str


def zone_records(domain: SendingDomain, keys: Iterable[DkimKey]) -> list[ZoneRecord]:
    """What stands in our own zone behind the tenant's CNAMEs; keys that sign, and announced ones."""
    shown = (key for key in keys if key.active or key.announced_at is not None)
    return [*(key_record(domain, key) for key in shown), *fixed_records(domain.label)]


def fixed_records(label: str) -> list[ZoneRecord]:
    """What stands behind a domain's return path and its links, whatever its keys are."""
    zone = settings.RELAY_ZONE
    edge = settings.RELAY_EDGE_ADDRESS
    return [
        # RFC 7208 §6.1: one record of the installation's to change when an address comes or goes.
        ZoneRecord(name=f"{label}.rp.{zone}", type="TXT", value=f"v=spf1 redirect={SPF_LABEL}.{zone}"),
        ZoneRecord(name=f"{label}.rp.{zone}", type="MX", value=f"10 inbound.{zone}"),
        ZoneRecord(name=f"{label}.edge.{zone}", type="AAAA" if ":" in edge else "A", value=edge),
    ]


def key_record(domain: SendingDomain, key: DkimKey) -> ZoneRecord:
    """The public part of a key."""
    return key_record_of(_facts(domain, key))


def withdrawn_record(domain: SendingDomain, key: DkimKey) -> ZoneRecord:
    """What stands in a withdrawn key's place: it signs for nobody (RFC 6376 §3.6.1)."""
    return withdrawn_record_of(_facts(domain, key))


def key_record_of(key: KeyFacts) -> ZoneRecord:
    """`key_record` of what DNS shows alone."""
    name = f"{key.selector}.{key.label}.dkim.{settings.RELAY_ZONE}"
    return ZoneRecord(name=name, type="TXT", value=key.public_txt)


def withdrawn_record_of(key: KeyFacts) -> ZoneRecord:
    """`withdrawn_record` of what DNS shows alone."""
    return replace(key_record_of(key), value=f"v=DKIM1; k={key.algorithm.partition('-')[0]}; p=")


def _facts(domain: SendingDomain, key: DkimKey) -> KeyFacts:
    return KeyFacts(
        label=domain.label, selector=key.selector, algorithm=key.algorithm, public_txt=key.public_txt
    )


def host_records() -> list[ZoneRecord]:
    """Our zone's own names: inbound, what our sources greet with, and the SPF record of all sources."""
    zone, sources = settings.RELAY_ZONE, all_sources()
    greetings = [
        ZoneRecord(name=helo, type="AAAA" if ":" in address else "A", value=address)
        for _pool, address, helo in sources
        if helo.endswith(f".{zone}")
    ]
    return [
        ZoneRecord(name=f"inbound.{zone}", type="A", value=settings.RELAY_INBOUND_ADDRESS),
        ZoneRecord(name=f"{SPF_LABEL}.{zone}", type="TXT", value=spf([source.address for source in sources])),
        # RFC 7489 §7.1: receivers ask whether reports about foreign domains are wanted here.
        ZoneRecord(name=f"*._report._dmarc.{zone}", type="TXT", value="v=DMARC1;"),
        *greetings,
        *_platform_record(),
    ]


def _platform_record() -> list[ZoneRecord]:
    """The public part of the installation's own key, where its domain is in our zone."""
    key = platform_key()
    if key is None or not f".{key.domain}".endswith(f".{settings.RELAY_ZONE}"):
        return []
    return [ZoneRecord(name=f"{key.selector}._domainkey.{key.domain}", type="TXT", value=key.dns_txt())]


def dns_server() -> tuple[str, int] | None:
    """RELAY_DNS as (host, port); None for the system's resolver."""
    host, _, port = settings.RELAY_DNS.rpartition(":")
    return (host, int(port)) if host else None


def egress_sources() -> list[Egress]:
    """RELAY_EGRESS, an entry each; an IPv6 address keeps its colons. Raises ImproperlyConfigured."""
    sources = []
    for entry in settings.RELAY_EGRESS:
        pool, _, rest = entry.partition(":")
        address, _, helo = rest.rpartition(":")
        if not (pool and address and helo):
            raise ImproperlyConfigured(f"RELAY_EGRESS must list pool:address:helo, not {entry!r}")
        sources.append(Egress(pool, address.strip("[]"), helo))
    return sources


def all_sources() -> list[Egress]:
    """Every address that our mail may leave from, once: those of the settings, then the others."""
    known = {source.address: source for reader in further_sources for source in reader()}
    return list(({source.address: source for source in egress_sources()} | known).values())


def spf(addresses: Sequence[str]) -> str:
    """The SPF record of a return path (RFC 7208): our addresses and nobody else's."""
    return " ".join(
        ["v=spf1", *(f"ip{6 if ':' in address else 4}:{address}" for address in addresses), "-all"]
    )
