"""What a refusal means for the recipient, the tenant and us: a table of rules, data in `bounces.toml`."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import translate
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from relay_saas.mail.replies import Reply, Stage


class Category(StrEnum):
    """Fifteen classes: who is at fault, and what follows."""

    RECIPIENT_UNKNOWN = "recipient_unknown"
    RECIPIENT_INACTIVE = "recipient_inactive"
    DOMAIN_BAD = "domain_bad"
    MAILBOX_FULL = "mailbox_full"
    RECIPIENT_REFUSED = "recipient_refused"
    RATE_LIMITED = "rate_limited"
    GREYLISTED = "greylisted"
    REPUTATION_BLOCK = "reputation_block"
    CONTENT_SPAM = "content_spam"
    CONTENT_POLICY = "content_policy"
    AUTH_FAILURE = "auth_failure"
    SENDER_REJECTED = "sender_rejected"
    NETWORK_TEMP = "network_temp"
    PROTOCOL = "protocol"
    UNKNOWN = "unknown"


class Disposition(StrEnum):
    """What to do with this copy."""

    RETRY = "retry"
    FAIL = "fail"


class Final(StrEnum):
    """The state of a copy that is not tried again: the address's fault, or ours and the tenant's."""

    BOUNCED = "bounced"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What a category does beyond this copy."""

    final: Final
    #: Failures after which the address is suppressed; None: never.
    strikes: int | None = None
    #: Days within which they count; None: for ever.
    within_days: int | None = None


_BOUNCE = Effect(final=Final.BOUNCED)
_OURS = Effect(final=Final.FAILED)

EFFECTS: Mapping[Category, Effect] = dict.fromkeys(Category, _OURS) | {
    Category.RECIPIENT_UNKNOWN: Effect(final=Final.BOUNCED, strikes=1),
    Category.RECIPIENT_INACTIVE: Effect(final=Final.BOUNCED, strikes=2),
    Category.DOMAIN_BAD: Effect(final=Final.BOUNCED, strikes=1),
    Category.MAILBOX_FULL: Effect(final=Final.BOUNCED, strikes=3, within_days=30),
    Category.RECIPIENT_REFUSED: Effect(final=Final.BOUNCED, strikes=3),
    Category.GREYLISTED: _BOUNCE,
    Category.NETWORK_TEMP: _BOUNCE,
    Category.UNKNOWN: _BOUNCE,
}

#: Carriers whose "unknown" may be a filter: one strike more.
_CAUTIOUS = re.compile(r"(^|\.)(docomo\.ne\.jp|au\.com|ezweb\.ne\.jp|softbank\.(ne\.)?jp)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One row of the table, compiled."""

    id: str
    layer: int
    provider: re.Pattern[str] | None
    stages: frozenset[Stage]
    code: re.Pattern[str] | None
    enhanced: re.Pattern[str] | None
    text: re.Pattern[str] | None
    category: Category
    disposition: Disposition | None
    sample: str
    sample_stage: Stage
    sample_provider: str

    def matches(self, reply: Reply, text: str, stage: Stage, provider: str) -> bool:
        """Whether every column holds; the cheap ones are asked first."""
        return (
            stage in self.stages
            and (self.enhanced is None or (reply.enhanced is not None and self._enhanced(reply.enhanced)))
            and (self.code is None or self.code.fullmatch(str(reply.code)) is not None)
            and (self.provider is None or self.provider.fullmatch(provider) is not None)
            and (self.text is None or self.text.search(text) is not None)
        )

    def _enhanced(self, code: str) -> bool:
        return self.enhanced is not None and self.enhanced.fullmatch(code) is not None


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
    return _classify(reply.code, reply.enhanced, reply.text.casefold(), stage, host)


def strikes(category: Category, provider: str) -> int | None:
    """Failures of this category after which an address of this MX host is suppressed; None: never."""
    count = EFFECTS[category].strikes
    cautious = category is Category.RECIPIENT_UNKNOWN and _CAUTIOUS.search(provider.rstrip(".").lower())
    return 2 if cautious else count


@cache
def rules() -> tuple[Rule, ...]:
    """The table, in the order of evaluation; raises ValueError for a row that makes no sense."""
    source = files("relay_saas.mail").joinpath("bounces.toml").read_text(encoding="utf-8")
    return load(tomllib.loads(source)["rule"])


def load(rows: Iterable[Mapping[str, Any]]) -> tuple[Rule, ...]:
    """Compile rows; raises ValueError for unknown columns, values, regular expressions or a second id."""
    table = sorted((_rule(row) for row in rows), key=lambda rule: rule.layer)
    if len({rule.id for rule in table}) != len(table):
        raise ValueError("two rules have one id")
    return tuple(table)


@lru_cache(maxsize=4096)
def _classify(code: int, enhanced: str | None, text: str, stage: Stage, provider: str) -> Verdict:
    reply = Reply(code=code, enhanced=enhanced)
    as_code = Disposition.FAIL if reply.permanent else Disposition.RETRY
    for rule in rules():
        if rule.matches(reply, text, stage, provider):
            return Verdict(category=rule.category, disposition=rule.disposition or as_code, rule=rule.id)
    return Verdict(category=Category.UNKNOWN, disposition=as_code, rule=NO_RULE)


_COLUMNS = frozenset(
    {
        "id",
        "layer",
        "provider",
        "stage",
        "code",
        "enhanced",
        "text",
        "category",
        "disposition",
        "sample",
        "at",
    }
)


def _rule(row: Mapping[str, Any]) -> Rule:
    if unknown := set(row) - _COLUMNS:
        raise ValueError(f"{row.get('id')}: unknown columns {sorted(unknown)}")
    try:
        stages = _stages(row.get("stage", "*"))
        provider, disposition = row.get("provider", "*"), row["disposition"]
        return Rule(
            id=row["id"],
            layer=range(4)[row["layer"]],
            provider=_glob(provider),
            stages=stages,
            code=_regex(row.get("code")),
            enhanced=_glob(row.get("enhanced", "*")),
            text=_regex(row.get("text")),
            category=Category(row["category"]),
            disposition=None if disposition == "as_code" else Disposition(disposition),
            sample=row["sample"],
            sample_stage=Stage(row.get("at", Stage.RCPT)),
            sample_provider=provider.replace("*", "mx1"),
        )
    except (KeyError, IndexError, re.error, ValueError) as error:
        raise ValueError(f"{row.get('id')}: {error!r}") from error


def _stages(names: str) -> frozenset[Stage]:
    return frozenset(Stage) if names == "*" else frozenset(Stage(name) for name in names.split("|"))


def _glob(pattern: str) -> re.Pattern[str] | None:
    """One glob or several between `|`."""
    return None if pattern == "*" else re.compile("|".join(map(translate, pattern.split("|"))))


def _regex(pattern: str | None) -> re.Pattern[str] | None:
    return None if pattern is None else re.compile(pattern)
