"""What a refusal means for the recipient, the tenant and us: rows and effects are data in `bounce_rules/`."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import lru_cache
from importlib.resources import files
from typing import Any

from relay_saas.mail.bounce_phrases import words
from relay_saas.mail.bounce_table import Category, Disposition, Rule, table
from relay_saas.mail.replies import Reply, Stage

__all__ = [
    "EFFECTS",
    "GUARD",
    "NO_RULE",
    "Category",
    "Disposition",
    "Effect",
    "Final",
    "Guard",
    "Verdict",
    "classify",
    "strikes",
]


class Final(StrEnum):
    """The state of a copy that is not tried again: the address's fault, or ours and the tenant's."""

    BOUNCED = "bounced"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What a category does beyond this copy; one table of `effects.toml`."""

    final: Final
    #: The waits between tries, by their name in `effects.toml`.
    retry: str
    #: Failures after which the address is suppressed; None: never.
    strikes: int | None = None
    #: The same at MX hosts (globs in `cautious`) whose "unknown" may be a filter.
    cautious_strikes: int | None = None
    cautious: tuple[str, ...] = ()
    #: Days within which they count; None: for ever.
    within_days: int | None = None
    #: Hours for which a suppression is provisional.
    provisional_hours: int = 0
    #: Failures of one campaign after which its domain's marketing pauses; None: never.
    pause_domain_after: int | None = None
    #: How long that lasts, unless somebody lifts it.
    pause_domain_hours: int = 24
    #: Whether the operator hears of it.
    alert: bool = False

    def strikes_at(self, provider: str) -> int | None:
        """Failures after which an address of this MX host is suppressed."""
        host = provider.rstrip(".").lower()
        if self.cautious_strikes is not None and any(fnmatchcase(host, glob) for glob in self.cautious):
            return self.cautious_strikes
        return self.strikes


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """When a provider's bounces are not believed; `[guard]` of `effects.toml`."""

    window_minutes: int
    base_days: int
    #: So many times the usual share of suppressions, at so many organizations with so many each.
    factor: float
    tenants: int
    suppressions_each: int
    #: No share below this is suspicious.
    least_share: float
    hold_minutes: int

    def threshold(self, base_share: float) -> float:
        """The share of suppressions above which something is wrong at a provider with this usual share."""
        return max(self.factor * base_share, self.least_share)


def _shipped() -> Mapping[str, Any]:
    source = files("relay_saas.mail").joinpath("bounce_rules", "effects.toml").read_text(encoding="utf-8")
    return tomllib.loads(source)


def _effect(row: Mapping[str, Any]) -> Effect:
    return Effect(**{**row, "final": Final(row["final"]), "cautious": tuple(row.get("cautious", ()))})


_SHIPPED = _shipped()
EFFECTS: Mapping[Category, Effect] = {name: _effect(_SHIPPED["effect"][name]) for name in Category}
GUARD = Guard(**_SHIPPED["guard"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The class of a refusal, whether to try again, and the row that said so."""

    category: Category
    disposition: Disposition
    rule: str

    @property
    def final(self) -> Final:
        """The state of the copy where it is not tried again."""
        return EFFECTS[self.category].final


#: Where no row matches: it is retried if the code says so.
NO_RULE = "none"


def classify(reply: Reply, stage: Stage, provider: str) -> Verdict:
    """The verdict of the first rule that matches a 4xx or 5xx; `provider` is the MX host's name or ""."""
    host = provider.rstrip(".").lower()
    return _classify(reply.code, reply.enhanced, words(reply.text), stage, host)


def strikes(category: Category, provider: str) -> int | None:
    """Failures of this category after which an address of this MX host is suppressed; None: never."""
    return EFFECTS[category].strikes_at(provider)


@lru_cache(maxsize=4096)
def _classify(code: int, enhanced: str | None, text: str, stage: Stage, host: str) -> Verdict:
    as_code = Disposition.FAIL if code >= 500 else Disposition.RETRY
    spoken, digits = table().spoken(text), str(code)
    for rule in _rules_at(host):
        if (not rule.texts or rule.id in spoken) and rule.matches(digits, enhanced, stage):
            return Verdict(category=rule.category, disposition=rule.disposition or as_code, rule=rule.id)
    return Verdict(category=Category.UNKNOWN, disposition=as_code, rule=NO_RULE)


@lru_cache(maxsize=1024)
def _rules_at(host: str) -> tuple[Rule, ...]:
    return tuple(rule for rule in table().rules if rule.serves(host))
