"""What a provider's reply makes of our manners: rules as data."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final

from relay_saas.mail.replies import Reply

#: A rule for the servers of every provider.
ANY: Final = "*"
_ADDRESS: Final = re.compile(r"[^\s<>()\[\]\"',;]+@[^\s<>()\[\]\"',;]+")


class RuleScope(StrEnum):
    """Whom a rule slows."""

    SOURCE_PROVIDER = "source-provider"
    SOURCE_SITE = "source-site"
    TENANT_PROVIDER = "tenant-provider"
    DOMAIN_PROVIDER = "domain-provider"
    CAMPAIGN_PROVIDER = "campaign-provider"


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One thing that a rule does: `suspend`, or a limit and its value."""

    action: str
    value: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A row of `shaping_rules.toml`."""

    id: str
    provider: str
    code: re.Pattern[str]
    text: re.Pattern[str]
    #: Times within an hour.
    hits: int
    scope: RuleScope
    acts: tuple[Act, ...]
    lasts: timedelta
    #: Where the reply is described.
    source: str
    sample: str

    def hears(self, provider: str, reply: Reply) -> bool:
        """Whether the reply is this rule's."""
        return (
            self.provider in {ANY, provider}
            and self.code.fullmatch(str(reply.code)) is not None
            and self.text.search(reply.text.casefold()) is not None
        )


@dataclass(frozen=True, slots=True)
class Rules:
    """All rules, those of a provider before those of everybody."""

    rows: tuple[Rule, ...]

    def heard(self, provider: str, reply: Reply) -> Rule | None:
        """The first rule of a refusal."""
        if reply.positive:
            return None
        return next((rule for rule in self.rows if rule.hears(provider, reply)), None)


def parse(table: Mapping[str, Any]) -> Rules:
    """The rules of a TOML document; raises ValueError or KeyError where it makes no sense."""
    rows = [_rule(row) for row in table["rule"]]
    ids = [row.id for row in rows]
    if len(set(ids)) != len(ids):
        raise ValueError("two rules have the same id")
    return Rules(tuple(sorted(rows, key=lambda row: row.provider == ANY)))


def _rule(row: Mapping[str, Any]) -> Rule:
    if row["hits"] < 1 or row["minutes"] < 1 or not row["source"]:
        raise ValueError(f"{row['id']}: hits, minutes and source must say something")
    return Rule(
        id=row["id"],
        provider=row["provider"],
        code=re.compile(row["code"]),
        text=re.compile(row["text"]),
        hits=row["hits"],
        scope=RuleScope(row["scope"]),
        acts=tuple(_act(word) for word in row["do"]),
        lasts=timedelta(minutes=row["minutes"]),
        source=row["source"],
        sample=row["sample"],
    )


def _act(word: str) -> Act:
    action, _, value = word.partition("=")
    if (action == "suspend") == bool(value):
        raise ValueError(f"{word}: only a suspension goes without a number")
    return Act(action=action, value=int(value) if value else None)


def without_addresses(text: str) -> str:
    """Evidence that may be kept for long: e-mail addresses are taken out."""
    return _ADDRESS.sub("<address>", text)
