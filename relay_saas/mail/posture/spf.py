"""SPF: which servers may use a return path (RFC 7208), evaluated for an address, or only counted."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

from relay_saas.mail.dns import DnsTemporaryError
from relay_saas.mail.posture.asks import Asks
from relay_saas.mail.posture.spf_terms import BadTerm, Term, expand, parse

#: RFC 7208 §4.6.4.
MOST_LOOKUPS: Final = 10
MOST_VOIDS: Final = 2
MOST_NAMES: Final = 10
#: A count goes on past the limit, so that it can say by how much, and ends all the same.
COUNTED_AT_MOST: Final = 60

Address = IPv4Address | IPv6Address


class Outcome(StrEnum):
    """RFC 7208 §2.6."""

    NONE = "none"
    NEUTRAL = "neutral"
    PASS = "pass"  # noqa: S105 - a result, not a secret
    FAIL = "fail"
    SOFTFAIL = "softfail"
    TEMPERROR = "temperror"
    PERMERROR = "permerror"


QUALIFIERS: Final = {
    "+": Outcome.PASS,
    "-": Outcome.FAIL,
    "~": Outcome.SOFTFAIL,
    "?": Outcome.NEUTRAL,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Spf:
    """What SPF says of one address, and what it cost to find out."""

    outcome: Outcome
    #: Why, where it is an error: `several_records`, `syntax`, `too_many_lookups`, `too_many_voids`,
    #: `too_many_names`, `include_none`, `dns`.
    reason: str = ""
    record: str = ""
    lookups: int = 0
    voids: int = 0


class _Error(Exception):
    def __init__(self, outcome: Outcome, reason: str) -> None:
        super().__init__(reason)
        self.outcome, self.reason = outcome, reason


async def check_host(asks: Asks, *, address: str, domain: str, sender: str = "") -> Spf:
    """Whether `address` may send with a return path at `domain` (RFC 7208 §4)."""
    return await _Evaluation(asks, ip_address(address), sender or f"postmaster@{domain}").run(domain)


async def count(asks: Asks, domain: str) -> Spf:
    """What the record costs an address that nothing in it names; PERMERROR where the limits are broken."""
    return await _Evaluation(asks, None, f"postmaster@{domain}").run(domain)


class _Evaluation:
    """One evaluation with its budget; without an address every term is walked and none matches but `all`."""

    def __init__(self, asks: Asks, address: Address | None, sender: str) -> None:
        self._asks = asks
        self._address = address
        self._sender = sender
        self._lookups = self._voids = 0
        self._record = ""

    async def run(self, domain: str) -> Spf:
        try:
            outcome, reason = await self._host(domain), ""
        except _Error as error:
            outcome, reason = error.outcome, error.reason
        except BadTerm:
            outcome, reason = Outcome.PERMERROR, "syntax"
        except DnsTemporaryError:
            outcome, reason = Outcome.TEMPERROR, "dns"
        if outcome not in {Outcome.PERMERROR, Outcome.TEMPERROR}:
            reason = self._beyond()
            outcome = Outcome.PERMERROR if reason else outcome
        return Spf(
            outcome=outcome, reason=reason, record=self._record, lookups=self._lookups, voids=self._voids
        )

    def _beyond(self) -> str:
        if self._lookups > MOST_LOOKUPS:
            return "too_many_lookups"
        return "too_many_voids" if self._voids > MOST_VOIDS else ""

    async def _host(self, domain: str) -> Outcome:
        record = await self._record_of(domain)
        if record is None:
            return Outcome.NONE
        self._record = self._record or record
        terms, redirect = parse(record)
        for term in terms:
            if await self._matches(term, domain):
                return QUALIFIERS[term.qualifier]
        if redirect is None:
            return Outcome.NEUTRAL
        self._pay()
        found = await self._host(self._name(redirect, domain))
        if found is Outcome.NONE:
            raise _Error(Outcome.PERMERROR, "include_none")
        return found

    async def _record_of(self, domain: str) -> str | None:
        found = [
            text
            for text in await self._asks.records(domain, "TXT")
            if text.lower() == "v=spf1" or text.lower().startswith("v=spf1 ")
        ]
        if len(found) > 1:
            raise _Error(Outcome.PERMERROR, "several_records")
        return found[0] if found else None

    async def _matches(self, term: Term, domain: str) -> bool:
        if term.name in {"all", "ip4", "ip6"}:
            return term.name == "all" or self._in_network(term)
        self._pay()
        name = self._name(term.domain, domain) if term.domain else domain
        match term.name:
            case "include":
                return await self._included(name)
            case "a":
                return await self._has_address(name, term)
            case "mx":
                return await self._has_exchanger(name, term)
            case "exists":
                return bool(await self._ask(name, "A")) and self._address is not None
            case _:
                return await self._pointed(name)

    async def _included(self, name: str) -> bool:
        found = await self._host(name)
        if found is Outcome.NONE:
            raise _Error(Outcome.PERMERROR, "include_none")
        return found is Outcome.PASS

    def _in_network(self, term: Term) -> bool:
        network = term.network()
        return self._address is not None and self._address in network

    async def _has_exchanger(self, domain: str, term: Term) -> bool:
        names = await self._ask(domain, "MX")
        if len(names) > MOST_NAMES:
            raise _Error(Outcome.PERMERROR, "too_many_names")
        return any([await self._has_address(name, term, void=False) for name in names if name])

    async def _has_address(self, name: str, term: Term, *, void: bool = True) -> bool:
        kind = "AAAA" if isinstance(self._address, IPv6Address) else "A"
        found = await self._ask(name, kind, void=void)
        bits = term.bits(6 if kind == "AAAA" else 4)
        return self._address is not None and any(
            self._address in ip_network(f"{one}/{bits}", strict=False) for one in found
        )

    async def _pointed(self, target: str) -> bool:
        """`ptr`: RFC 7208 §5.5 advises against it, and it is evaluated all the same."""
        if self._address is None:
            return False
        names = await self._ask(self._address.reverse_pointer, "PTR")
        kind = "AAAA" if isinstance(self._address, IPv6Address) else "A"
        for name in names[:MOST_NAMES]:
            below = name == target or name.endswith(f".{target}")
            if below and str(self._address) in await self._ask(name, kind, void=False):
                return True
        return False

    def _name(self, spec: str, domain: str) -> str:
        return expand(spec, sender=self._sender, domain=domain, address=self._address)

    def _pay(self) -> None:
        self._lookups += 1
        if self._lookups > (MOST_LOOKUPS if self._address is not None else COUNTED_AT_MOST):
            raise _Error(Outcome.PERMERROR, "too_many_lookups")

    async def _ask(self, name: str, kind: str, *, void: bool = True) -> Sequence[str]:
        found = await self._asks.records(name, kind)
        if not found and void:
            self._voids += 1
            if self._voids > MOST_VOIDS and self._address is not None:
                raise _Error(Outcome.PERMERROR, "too_many_voids")
        return found
