"""When a copy is tried again, and when it is given up: tables by category and stream, time as an argument."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from importlib.resources import files
from typing import Any

from relay_saas.mail.bounces import EFFECTS, Category

#: Share of a wait that chance adds or takes, so that what failed together does not come back together.
JITTER = 0.25


class Stream(StrEnum):
    """Kinds of mail that never share queue or reputation."""

    MARKETING = "marketing"
    TRANSACTIONAL = "transactional"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """Waits after the first, second, … failure; beyond the list the last one doubles up to the ceiling."""

    waits: tuple[timedelta, ...]
    ceiling: timedelta
    #: Failures after which the last answer stands; None: only the expiry ends it.
    limit: int | None = None

    def wait(self, number: int) -> timedelta:
        """The wait after failure `number`, from 1, before chance."""
        # Thirty doublings reach any ceiling, and more would overflow.
        factor: int = 1 << min(30, max(0, number - len(self.waits)))
        return min(self.waits[min(number, len(self.waits)) - 1] * factor, self.ceiling)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timings:
    """One set of tables."""

    backoff: Mapping[Category, Backoff]
    #: For the categories that have no table of their own.
    otherwise: Backoff
    expiry: Mapping[Stream, timedelta]
    #: Wait after a transactional message's first doubt.
    doubt: timedelta
    #: A message that lives no longer than this is not sent again after a doubt (one-time codes).
    short_lived: timedelta
    #: What of its minutes a rule that a reply has fired holds for; 1 unless retries come within seconds.
    rule_pace: float = 1.0

    def of(self, category: Category) -> Backoff:
        """The table of a category."""
        return self.backoff.get(category, self.otherwise)


def _minutes(*values: float) -> tuple[timedelta, ...]:
    return tuple(timedelta(minutes=value) for value in values)


def _shipped() -> Mapping[str, Backoff]:
    """The waits of `effects.toml`, by their names."""
    source = files("relay_saas.mail").joinpath("bounce_rules", "effects.toml").read_text(encoding="utf-8")
    return {name: _backoff(row) for name, row in tomllib.loads(source)["waits"].items()}


def _backoff(row: Mapping[str, Any]) -> Backoff:
    ceiling = timedelta(minutes=row["ceiling_minutes"])
    return Backoff(waits=_minutes(*row["minutes"]), ceiling=ceiling, limit=row.get("limit"))


_WAITS = _shipped()
PRODUCTION = Timings(
    backoff={category: _WAITS[effect.retry] for category, effect in EFFECTS.items()},
    otherwise=_WAITS["network"],
    expiry={
        Stream.MARKETING: timedelta(days=2),
        Stream.TRANSACTIONAL: timedelta(hours=4),
        Stream.SYSTEM: timedelta(days=1),
    },
    doubt=timedelta(minutes=15),
    short_lived=timedelta(minutes=2),
)

_SOON = Backoff(waits=(timedelta(seconds=7.5),), ceiling=timedelta(seconds=7.5))
_TEN_SECONDS = timedelta(seconds=10)
DEMO = Timings(
    backoff={Category.DOMAIN_BAD: Backoff(waits=(_TEN_SECONDS,), ceiling=_TEN_SECONDS, limit=2)},
    otherwise=_SOON,
    expiry=dict.fromkeys(Stream, timedelta(seconds=45)),
    doubt=timedelta(seconds=10),
    short_lived=timedelta(seconds=2),
    # A quarter of a second for a minute: the longest rule ends before the mail that it holds back expires.
    rule_pace=1 / 240,
)


def next_attempt(
    category: Category,
    stream: Stream,
    number: int,
    *,
    first_at: datetime,
    now: datetime,
    random: float,
    timings: Timings,
) -> datetime | None:
    """When to try again after failure `number` (from 1) of this category, or None: give up.

    `number` counts the failures in a row of this category. `first_at` is when the message was due at first,
    `random` lies in [0, 1). None means expired, or that the answer stands because it came as often
    as its category allows (`stands`). A null MX never gets here: it is final at once.
    """
    if stands(category, number, timings):
        return None
    due = now + timings.of(category).wait(number) * (1 - JITTER + 2 * JITTER * random)
    return due if due < first_at + timings.expiry[stream] else None


def stands(category: Category, number: int, timings: Timings) -> bool:
    """Whether failure `number` of this category is the last that is asked for (NXDOMAIN: the second)."""
    limit = timings.of(category).limit
    return limit is not None and number >= limit


def after_doubt(
    stream: Stream, number: int, *, first_at: datetime, expires_at: datetime, now: datetime, timings: Timings
) -> datetime | None:
    """When a message is sent once more after doubt `number`; None: in doubt is its final state.

    Bulk is final at the first doubt, the other streams at the second, one-time codes at the first as well.
    """
    if stream is Stream.MARKETING or number > 1 or expires_at - first_at <= timings.short_lived:
        return None
    due = now + timings.doubt
    return due if due < expires_at else None
