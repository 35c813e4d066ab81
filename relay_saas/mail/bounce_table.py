"""The rows that classify refusals: read from `bounce_rules/l0_*.toml` … `l3_*.toml`, checked and compiled.

Layers: 0 a provider's replies where its code lies, 1 enhanced codes (the vague ones say nothing), 2 the text
of any server, 3 code and stage alone. The first hit wins, in the order of the files' names and rows.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import translate
from functools import cache
from importlib.resources import files
from typing import Any

from relay_saas.mail.bounce_phrases import PhraseIndex, compile_phrase
from relay_saas.mail.replies import Stage


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One row of the table, compiled; a column that is None holds for everything."""

    id: str
    layer: int
    provider: re.Pattern[str] | None
    stages: frozenset[Stage]
    code: re.Pattern[str] | None
    enhanced: re.Pattern[str] | None
    #: Phrases of which the reply holds one; none: any text will do.
    texts: tuple[str, ...]
    category: Category
    #: None: a 4xx is tried again, a 5xx is not.
    disposition: Disposition | None
    sample: str
    sample_stage: Stage
    sample_provider: str

    def serves(self, provider: str) -> bool:
        """Whether the row speaks of this MX host."""
        return self.provider is None or self.provider.fullmatch(provider) is not None

    def matches(self, code: str, enhanced: str | None, stage: Stage) -> bool:
        """Whether the columns beside provider and text hold."""
        return (
            stage in self.stages
            and (
                self.enhanced is None
                or (enhanced is not None and self.enhanced.fullmatch(enhanced) is not None)
            )
            and (self.code is None or self.code.fullmatch(code) is not None)
        )


class Table:
    """Rows in their order, with one index over all their phrases."""

    def __init__(self, rows: Iterable[Rule]) -> None:
        #: In the order of evaluation.
        self.rules = tuple(rows)
        self.spoken = PhraseIndex({rule.id: rule.texts for rule in self.rules})


@cache
def table() -> Table:
    """The shipped table; raises ValueError for a row that makes no sense."""
    folder = files("relay_saas.mail").joinpath("bounce_rules")
    sources = sorted(
        (item for item in folder.iterdir() if item.name.startswith("l")), key=lambda item: item.name
    )
    rows: list[Mapping[str, Any]] = []
    for source in sources:
        content = tomllib.loads(source.read_text(encoding="utf-8"))
        rows += [{"layer": content["layer"], **row} for row in content["rule"]]
    return Table(load(rows))


def load(rows: Iterable[Mapping[str, Any]]) -> list[Rule]:
    """Compile rows; raises ValueError for unknown columns, values, regular expressions or a second id."""
    found = sorted((_rule(row) for row in rows), key=lambda rule: rule.layer)
    if len({rule.id for rule in found}) != len(found):
        raise ValueError("two rules have one id")
    return found


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
        disposition, provider = row.get("disposition", "as_code"), row.get("provider", "*")
        stages, texts = _stages(row.get("stage", "*")), tuple(row.get("text", ()))
        for text in texts:
            compile_phrase(text)
        return Rule(
            id=row["id"],
            layer=range(4)[row["layer"]],
            provider=_glob(provider),
            stages=stages,
            code=_glob(row.get("code", "*")),
            enhanced=_glob(row.get("enhanced", "*")),
            texts=texts,
            category=Category(row["category"]),
            disposition=None if disposition == "as_code" else Disposition(disposition),
            sample=row["sample"],
            sample_stage=Stage(row["at"]) if "at" in row else _usual(stages),
            sample_provider=provider.split("|")[0].replace("*", "mx1"),
        )
    except (KeyError, IndexError, re.error, ValueError) as error:
        raise ValueError(f"{row.get('id')}: {error!r}") from error


def _stages(names: str) -> frozenset[Stage]:
    return frozenset(Stage) if names == "*" else frozenset(Stage(name) for name in names.split("|"))


def _usual(stages: frozenset[Stage]) -> Stage:
    """The stage at which a row's sample is tried: RCPT, or the first one that the row takes."""
    return Stage.RCPT if Stage.RCPT in stages else min(stages, key=list(Stage).index)


def _glob(pattern: str) -> re.Pattern[str] | None:
    """One glob or several between `|`."""
    return None if pattern == "*" else re.compile("|".join(map(translate, pattern.split("|"))))
