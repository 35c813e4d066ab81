"""Publishes records of our zone by DNS UPDATE (RFC 2136, signed by TSIG: RFC 8945), or writes them as a zone
file for a person to load."""

import binascii
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final, NamedTuple

import dns.exception
import dns.query
import dns.rcode
import dns.rdatatype
import dns.tsig
import dns.tsigkeyring
import dns.update
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from relay_saas.web.errors import RelayError

TTL = 60
TIMEOUT_SECONDS = 5.0
#: One message holds 64 KB; a DKIM record is half a kilobyte.
MOST_PER_UPDATE: Final = 100


class ZoneRefused(RelayError):
    """The zone's server did not take the update."""

    code = "zone_refused"
    status = 502


class ZoneKey(NamedTuple):
    """RELAY_ZONE_KEY: what updates are signed with."""

    name: str
    algorithm: str
    #: Base64.
    secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneRecord:
    """One record: absolute name without the last dot, type, and value in presentation form (TXT:
    unquoted)."""

    name: str
    type: str
    value: str

    @property
    def rdata(self) -> str:
        """The value as a zone file writes it; TXT in strings of at most 255 octets."""
        if self.type != "TXT":
            return self.value if self.type not in {"CNAME", "MX"} else f"{self.value}."
        pieces = [self.value[at : at + 255] for at in range(0, len(self.value), 255)]
        return " ".join('"' + piece.replace("\\", "\\\\").replace('"', '\\"') + '"' for piece in pieces)

    @property
    def answer(self) -> str:
        """The value as `Resolver.records` gives it."""
        if self.type in {"A", "AAAA"}:
            return str(ip_address(self.value))
        wanted = self.value.partition(" ")[2] if self.type == "MX" else self.value
        return wanted if self.type == "TXT" else wanted.lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordSet:
    """All values of one name and type: DNS answers and replaces them together (RFC 2181 §5)."""

    name: str
    type: str
    records: tuple[ZoneRecord, ...]

    def shown_by(self, answers: Sequence[str]) -> bool:
        """Whether DNS answers (`Resolver.records`) these values and no others."""
        found = [str(ip_address(one)) if self.type in {"A", "AAAA"} else one for one in answers]
        return sorted(found) == sorted(record.answer for record in self.records)


def record_sets(records: Iterable[ZoneRecord]) -> list[RecordSet]:
    """The records by name and type, each value once, in the order in which they come first."""
    found: dict[tuple[str, str], dict[str, ZoneRecord]] = {}
    for record in records:
        found.setdefault((record.name, record.type), {}).setdefault(record.value, record)
    return [
        RecordSet(name=name, type=kind, records=tuple(values.values()))
        for (name, kind), values in found.items()
    ]


def zone_key() -> ZoneKey | None:
    """RELAY_ZONE_KEY (`name:algorithm:base64`); None where updates are not signed. Raises
    ImproperlyConfigured."""
    if not settings.RELAY_ZONE_KEY:
        return None
    parts = settings.RELAY_ZONE_KEY.split(":")
    try:
        name, algorithm, secret = parts
        binascii.a2b_base64(secret, strict_mode=True)
    except ValueError as error:
        raise ImproperlyConfigured("RELAY_ZONE_KEY must look like name:hmac-sha256:<base64>") from error
    return ZoneKey(name, algorithm, secret)


def publish(records: Iterable[ZoneRecord], zone: str | None = None) -> None:
    """Replaces each (name, type) by the values that are given; without RELAY_ZONE_SERVER it does nothing.

    Raises ZoneRefused when the server answers anything but NOERROR, or not at all.
    """
    if not settings.RELAY_ZONE_SERVER:
        return
    wanted = record_sets(records)
    for start in range(0, len(wanted), MOST_PER_UPDATE):
        _update(wanted[start : start + MOST_PER_UPDATE], zone or settings.RELAY_ZONE)


def _update(sets: Sequence[RecordSet], zone: str) -> None:
    host, _, port = settings.RELAY_ZONE_SERVER.rpartition(":")
    update = dns.update.UpdateMessage(zone)
    key = zone_key()
    if key is not None:
        update.use_tsig(dns.tsigkeyring.from_text({key.name: key.secret}), key.name, algorithm=key.algorithm)
    for one in sets:
        values = [record.rdata for record in one.records]
        update.replace(f"{one.name}.", TTL, dns.rdatatype.from_text(one.type), *values)
    try:
        answer = dns.query.tcp(update, host, port=int(port), timeout=TIMEOUT_SECONDS)
    except (OSError, EOFError, dns.exception.DNSException) as error:
        raise ZoneRefused(str(error)) from error
    if answer.rcode() != dns.rcode.NOERROR:
        raise ZoneRefused(dns.rcode.to_text(answer.rcode()))


def zone_file(records: Iterable[ZoneRecord]) -> str:
    """The same records as lines of a zone file (RFC 1035 §5)."""
    return "".join(f"{record.name}. {TTL} IN {record.type} {record.rdata}\n" for record in records)
