"""The report: every area looked at within a deadline, the score, and the records ready to set."""

import asyncio
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from relay_saas.mail.dns import DnsTemporaryError
from relay_saas.mail.domain_report.authentication import check_dkim, check_dmarc, check_spf
from relay_saas.mail.domain_report.bounded import BoundedAsks
from relay_saas.mail.domain_report.transport import (
    Fetch,
    check_bimi,
    check_dnssec,
    check_mx,
    check_ptr,
    check_sts,
    check_tls_reports,
)
from relay_saas.mail.posture.asks import Asks, Result, State

#: Seconds for all of it, side by side.
DEADLINE: Final = 8.0
#: What each area counts for; forged mail comes first.
WEIGHTS: Final[Mapping[str, int]] = {
    "dmarc": 30,
    "spf": 20,
    "dkim": 15,
    "mx": 10,
    "mta_sts": 8,
    "dnssec": 7,
    "ptr": 5,
    "tls_rpt": 5,
}
_GRADES: Final = ((90, "A"), (75, "B"), (55, "C"), (35, "D"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """A record to set."""

    type: str
    name: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one area shows, and the record that mends it."""

    result: Result
    record: Ready | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainReport:
    """The whole report."""

    domain: str
    #: False: DNS knows no such name, and nothing was judged.
    exists: bool
    findings: tuple[Finding, ...]

    @property
    def score(self) -> int | None:
        """0 to 100 over what could be judged; None where nothing could."""
        judged = [
            one.result for one in self.findings if one.result.code in WEIGHTS and one.result.state in _POINTS
        ]
        most = sum(WEIGHTS[one.code] for one in judged)
        return (
            round(100 * sum(WEIGHTS[one.code] * _POINTS[one.state] for one in judged) / most)
            if most
            else None
        )

    @property
    def grade(self) -> str:
        """A to E; "" without a score."""
        score = self.score
        if score is None:
            return ""
        return next((grade for least, grade in _GRADES if score >= least), "E")

    def count(self, *states: State) -> int:
        """How many findings ended so."""
        return sum(one.result.state in states for one in self.findings)


_POINTS: Final = {State.OK: 1.0, State.WARNING: 0.4, State.PROBLEM: 0.0}


async def look(asks: Asks, domain: str, *, fetch: Fetch, now: datetime) -> DomainReport:
    """Asks everything side by side; what does not answer in time is not known."""
    bounded = BoundedAsks(asks)
    areas: dict[str, Awaitable[Result | None]] = {
        "dmarc": check_dmarc(bounded, domain),
        "spf": check_spf(bounded, domain),
        "dkim": check_dkim(bounded, domain),
        "mx": check_mx(bounded, domain),
        "ptr": check_ptr(bounded, domain),
        "mta_sts": check_sts(bounded, domain, fetch),
        "tls_rpt": check_tls_reports(bounded, domain),
        "dnssec": check_dnssec(bounded, _zones(domain)),
        "bimi": check_bimi(bounded, domain),
    }
    found = await asyncio.gather(_there(bounded, domain), *(_one(code, area) for code, area in areas.items()))
    exists, results = bool(found[0]), [one for one in found[1:] if isinstance(one, Result)]
    if not exists:
        return DomainReport(domain=domain, exists=False, findings=())
    takes_mail = any(one.code == "mx" and one.reason in _TAKING for one in results)
    return DomainReport(
        domain=domain,
        exists=True,
        findings=tuple(
            Finding(result=one, record=ready_record(one, domain, takes_mail=takes_mail, now=now))
            for one in results
        ),
    )


_TAKING: Final = frozenset({"mx_found", "mx_one", "mx_some_dead", "mx_dead"})


async def _one(code: str, area: Awaitable[Result | None]) -> Result | None:
    try:
        async with asyncio.timeout(DEADLINE):
            return await area
    except (DnsTemporaryError, TimeoutError):
        return Result(code=code, state=State.UNKNOWN, reason="dns")


async def _there(asks: Asks, domain: str) -> bool:
    """Whether DNS has anything under the name; a DNS that is silent is no proof of the contrary."""
    try:
        async with asyncio.timeout(DEADLINE):
            for kind in ("MX", "A", "TXT", "AAAA", "SOA"):
                if await asks.records(domain, kind):
                    return True
    except (DnsTemporaryError, TimeoutError):
        return True
    return False


def _zones(domain: str) -> list[str]:
    """The name itself and those above it that could be zones; never a top-level domain."""
    labels = domain.split(".")
    return [".".join(labels[start:]) for start in range(len(labels) - 1)][:4]


def ready_record(result: Result, domain: str, *, takes_mail: bool, now: datetime) -> Ready | None:
    """The record that mends a finding; None where a person has to think first."""
    to = f"mailto:postmaster@{domain}"
    texts = {
        "spf_none": (domain, "v=spf1 mx -all" if takes_mail else "v=spf1 -all"),
        "dmarc_none": (f"_dmarc.{domain}", f"v=DMARC1; p={'none' if takes_mail else 'reject'}; rua={to}"),
    }
    if takes_mail:
        texts["sts_none"] = (f"_mta-sts.{domain}", f"v=STSv1; id={now:%Y%m%d%H%M}")
        texts["tls_rpt_none"] = (f"_smtp._tls.{domain}", f"v=TLSRPTv1; rua={to}")
    if result.reason == "dmarc_unheard":
        kept = result.found[0].rstrip("; ")
        texts["dmarc_unheard"] = (f"_dmarc.{result.values['domain']}", f"{kept}; rua={to}")
    if result.reason == "mx_none":
        return Ready(type="MX", name=domain, value="0 .")
    name, value = texts.get(result.reason, ("", ""))
    return Ready(type="TXT", name=name, value=value) if name else None
