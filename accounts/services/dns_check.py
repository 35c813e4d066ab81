"""Compares the DNS records that a sending domain needs with what DNS answers now."""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from accounts.services.dns_records import Record
from relay_saas.mail.dns import DnsTemporaryError, Resolver


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One record, what DNS said, and whether that is enough. `unknown`: DNS did not answer, so nothing
    was learned."""

    record: Record
    found: tuple[str, ...]
    ok: bool
    unknown: bool = False

    def as_json(self) -> dict[str, object]:
        """What the domain's row keeps for its page."""
        kept = asdict(self.record) | {"found": list(self.found), "ok": self.ok, "unknown": self.unknown}
        del kept["label"]
        return kept


async def check_records(records: Sequence[Record], server: tuple[str, int] | None) -> list[Finding]:
    """Asks for all records at once, so that a silent DNS takes seconds, not a minute; `server` is (host,
    port), or None for the system's resolver."""
    resolver = Resolver(server)
    return list(await asyncio.gather(*(_check(resolver, record) for record in records)))


async def zone_of(name: str, server: tuple[str, int] | None) -> str:
    """The zone that a name lies in, or "" where DNS does not say."""
    try:
        return await Resolver(server).zone(name)
    except DnsTemporaryError:
        return ""


async def _check(resolver: Resolver, record: Record) -> Finding:
    try:
        if record.type == "CNAME":
            target = await resolver.cname(record.name)
            found: tuple[str, ...] = (target,) if target else ()
            ok = target == record.value
        else:
            found = tuple(await resolver.txt(record.name))
            # Any published DMARC policy will do; ours is only the one we propose. Two are as good as none
            # (RFC 9989 §4).
            policies = [text for text in _compact(found) if text.startswith("v=dmarc1")]
            ok = len(policies) == 1 and policies[0].startswith("v=dmarc1;p=")
    except DnsTemporaryError:
        return Finding(record=record, found=(), ok=False, unknown=True)
    return Finding(record=record, found=found, ok=ok)


def _compact(texts: Sequence[str]) -> list[str]:
    return [text.replace(" ", "").lower() for text in texts]
