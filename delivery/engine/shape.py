"""Who operates a site, and which limits hold there: `delivery/shaping.toml`, by the names of the MX hosts."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from typing import Any, Final

#: Second labels under which names are registered: `example.co.jp` is one organisation.
_PUBLIC_SECOND_LABELS: Final = frozenset(
    {"ac", "ad", "co", "com", "ed", "go", "gov", "gr", "lg", "ne", "net", "or", "org"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """A provider's name and what holds for one sending address."""

    name: str
    max_connections: int
    max_messages_per_connection: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Shaping:
    """The table."""

    rows: tuple[tuple[tuple[str, ...], Limits], ...]
    default_connections: int
    default_messages: int

    def limits_of(self, hosts: Sequence[str]) -> Limits:
        """The limits of a site; an unknown one is named after the organisation of its first host."""
        for patterns, limits in self.rows:
            if any(fnmatchcase(host, pattern) for host in hosts for pattern in patterns):
                return limits
        return Limits(
            name=organisation(hosts[0]) if hosts else "",
            max_connections=self.default_connections,
            max_messages_per_connection=self.default_messages,
        )


@cache
def shaping() -> Shaping:
    """The shipped table; raises ValueError or KeyError where it makes no sense."""
    return parse(tomllib.loads(files("delivery").joinpath("shaping.toml").read_text(encoding="utf-8")))


def parse(table: dict[str, Any]) -> Shaping:
    """The table of a TOML document."""
    default = table["default"]
    rows = tuple(
        (
            tuple(row["mx"]),
            Limits(
                name=row["name"],
                max_connections=row.get("max_connections", default["max_connections"]),
                max_messages_per_connection=row.get(
                    "max_messages_per_connection", default["max_messages_per_connection"]
                ),
            ),
        )
        for row in table.get("provider", ())
    )
    return Shaping(
        rows=rows,
        default_connections=default["max_connections"],
        default_messages=default["max_messages_per_connection"],
    )


def organisation(host: str) -> str:
    """The registered part of a host name, roughly: two labels, three under `co.jp` and its like."""
    labels = host.rstrip(".").lower().split(".")
    long = len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _PUBLIC_SECOND_LABELS
    return ".".join(labels[-3:] if long else labels[-2:])
