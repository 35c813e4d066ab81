"""From figures to advice: may the policy be tightened, and if not, why not."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from relay_saas.mail.dmarc_reports.sources import Origin

FEWEST_MESSAGES: Final = 100
FEWEST_DAYS: Final = 7
#: One receiver's view alone is not enough to go by.
FEWEST_REPORTERS: Final = 2
#: Days of figures before mail may be refused.
DAYS_TO_REJECT: Final = 14
#: Share of our mail that has to pass, and of known services' mail.
OURS_PASS: Final = 0.99
KNOWN_PASS: Final = 0.98


class Verdict(StrEnum):
    """What to do with the policy."""

    NO_DATA = "no_data"
    TOO_EARLY = "too_early"
    FIX_OURS = "fix_ours"
    FIX_KNOWN = "fix_known"
    TO_QUARANTINE = "to_quarantine"
    TO_REJECT = "to_reject"
    #: The next step is safe, only not yet.
    WAIT = "wait"
    KEEP = "keep"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Mail from one kind of source."""

    messages: int = 0
    #: SPF or DKIM passed and is aligned.
    aligned: int = 0

    @property
    def failing(self) -> int:
        """What a strict policy would stop."""
        return self.messages - self.aligned

    @property
    def share(self) -> float:
        """Of what passed."""
        return self.aligned / self.messages if self.messages else 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The figures of a period."""

    #: The policy in force: `none`, `quarantine`, `reject`; "" where there is none.
    policy: str
    days: int
    reporters: int
    figures: Mapping[Origin, Figures]

    def of(self, origin: Origin) -> Figures:
        """The figures of one kind of source."""
        return self.figures.get(origin, Figures())


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """What to do; `values` are the figures of the reason."""

    verdict: Verdict
    values: Mapping[str, int]

    @property
    def safe(self) -> bool:
        """Whether the policy may be tightened now."""
        return self.verdict in {Verdict.TO_QUARANTINE, Verdict.TO_REJECT}


def advise(standing: Standing) -> Advice:
    """The first reason not to go on, else the next step."""
    ours, known, unknown = (standing.of(origin) for origin in Origin)
    own = ours.messages + known.messages
    values = {
        "days": standing.days,
        "reporters": standing.reporters,
        "messages": own,
        "ours_failing": ours.failing,
        "ours": ours.messages,
        "known_failing": known.failing,
        "known": known.messages,
        "unknown": unknown.messages,
    }
    return Advice(verdict=_verdict(standing, ours, known, own), values=values)


def _verdict(standing: Standing, ours: Figures, known: Figures, own: int) -> Verdict:
    if not any(one.messages for one in standing.figures.values()):
        return Verdict.NO_DATA
    if standing.days < FEWEST_DAYS or standing.reporters < FEWEST_REPORTERS or own < FEWEST_MESSAGES:
        return Verdict.TOO_EARLY
    if ours.share < OURS_PASS:
        return Verdict.FIX_OURS
    if known.share < KNOWN_PASS:
        return Verdict.FIX_KNOWN
    if standing.policy == "quarantine":
        return Verdict.TO_REJECT if standing.days >= DAYS_TO_REJECT else Verdict.WAIT
    return Verdict.KEEP if standing.policy == "reject" else Verdict.TO_QUARANTINE
