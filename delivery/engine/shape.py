"""Who operates a site, which limits hold there, and what its replies do: `delivery/shaping.toml` and
`shaping_rules.toml`, by the names of the MX hosts."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from typing import Any, Final

from relay_saas.mail import shaping_rules
from relay_saas.mail.shaping_rules import Rules
from relay_saas.mail.smtp.tls import TlsPolicy

#: Second labels under which names are registered: `example.co.jp` is one organisation.
_PUBLIC_SECOND_LABELS: Final = frozenset(
    {"ac", "ad", "co", "com", "ed", "go", "gov", "gr", "lg", "ne", "net", "or", "org"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """A provider's name and what holds there for one sending address."""

    name: str
    max_connections: int
    max_messages_per_connection: int
    #: Connections that learning begins with.
    start_connections: int = 5
    #: None: no limit of its own.
    messages_per_minute: int | None = None
    tls: TlsPolicy = TlsPolicy.OPPORTUNISTIC
    #: How long an idle connection is kept.
    idle_seconds: int = 5
    #: Where the figures come from.
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shaping:
    """The table."""

    rows: tuple[tuple[tuple[str, ...], Limits], ...]
    default: Limits

    def limits_of(self, hosts: Sequence[str]) -> Limits:
        """The limits of a site; an unknown one is named after the organisation of its first host."""
        for patterns, limits in self.rows:
            if any(fnmatchcase(host, pattern) for host in hosts for pattern in patterns):
                return limits
        return self.named(organisation(hosts[0]) if hosts else "")

    def named(self, name: str) -> Limits:
        """The limits of a provider by its name; an unknown one has the default's."""
        found = next((limits for _, limits in self.rows if limits.name == name), None)
        return found or replace(self.default, name=name)


@cache
def shaping() -> Shaping:
    """The shipped table; raises ValueError or KeyError where it makes no sense."""
    return parse(_shipped("shaping.toml"))


@cache
def rules() -> Rules:
    """The shipped rules; raises ValueError or KeyError where they make no sense."""
    return shaping_rules.parse(_shipped("shaping_rules.toml"))


def _shipped(name: str) -> dict[str, Any]:
    return tomllib.loads(files("delivery").joinpath(name).read_text(encoding="utf-8"))


def parse(table: Mapping[str, Any]) -> Shaping:
    """The table of a TOML document."""
    default = table["default"]
    rows = tuple((tuple(row["mx"]), _limits(default, row)) for row in table.get("provider", ()))
    return Shaping(rows=rows, default=_limits(default, {"name": "", "source": default["source"]}))


def _limits(default: Mapping[str, Any], row: Mapping[str, Any]) -> Limits:
    given = {**default, **row}
    return Limits(
        name=row["name"],
        max_connections=given["max_connections"],
        max_messages_per_connection=given["max_messages_per_connection"],
        start_connections=given["start_connections"],
        messages_per_minute=given.get("messages_per_minute"),
        tls=TlsPolicy(given["tls"]),
        idle_seconds=given["idle_seconds"],
        source=row["source"],
    )


def organisation(host: str) -> str:
    """The registered part of a host name, roughly: two labels, three under `co.jp` and its like."""
    labels = host.rstrip(".").lower().split(".")
    long = len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _PUBLIC_SECOND_LABELS
    return ".".join(labels[-3:] if long else labels[-2:])
