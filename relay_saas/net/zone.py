"""Publishes records of our zone by DNS UPDATE (RFC 2136), or writes them as a zone file for a person to
load."""

from collections.abc import Iterable
from dataclasses import dataclass

import dns.exception
import dns.query
import dns.rcode
import dns.rdatatype
import dns.update
from django.conf import settings

from relay_saas.web.errors import RelayError

TTL = 60
TIMEOUT_SECONDS = 5.0


class ZoneRefused(RelayError):
    """The zone's server did not take the update."""

    code = "zone_refused"
    status = 502


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


def publish(records: Iterable[ZoneRecord], zone: str | None = None) -> None:
    """Replaces each (name, type) by the given value; without RELAY_ZONE_SERVER it does nothing.

    Raises ZoneRefused when the server answers anything but NOERROR, or not at all.
    """
    if not settings.RELAY_ZONE_SERVER:
        return
    host, _, port = settings.RELAY_ZONE_SERVER.rpartition(":")
    update = dns.update.UpdateMessage(zone or settings.RELAY_ZONE)
    for record in records:
        update.replace(f"{record.name}.", TTL, dns.rdatatype.from_text(record.type), record.rdata)
    try:
        answer = dns.query.tcp(update, host, port=int(port), timeout=TIMEOUT_SECONDS)
    except (OSError, dns.exception.DNSException) as error:
        raise ZoneRefused(str(error)) from error
    if answer.rcode() != dns.rcode.NOERROR:
        raise ZoneRefused(dns.rcode.to_text(answer.rcode()))


def zone_file(records: Iterable[ZoneRecord]) -> str:
    """The same records as lines of a zone file (RFC 1035 §5)."""
    return "".join(f"{record.name}. {TTL} IN {record.type} {record.rdata}\n" for record in records)
