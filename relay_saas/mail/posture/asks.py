"""Who answers questions to DNS, and what a check found."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol


class Asks(Protocol):
    """A resolver (`relay_saas.mail.dns.Resolver`), or a dictionary in a test."""

    async def records(self, name: str, kind: str) -> tuple[str, ...]:
        """The values of a name's records, CNAMEs followed; () where there are none; raises
        DnsTemporaryError where DNS does not say."""


class State(StrEnum):
    """How a check ended."""

    OK = "ok"
    #: Works, and could be better.
    WARNING = "warning"
    PROBLEM = "problem"
    #: Not there, and nobody asks for it.
    OPTIONAL = "optional"
    #: DNS or a server did not answer: nothing was learned.
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One check: `reason` is a machine code, worded by who shows it; `found` is what was answered."""

    code: str
    state: State
    reason: str
    found: tuple[str, ...] = ()
    #: Figures and names for the words.
    values: Mapping[str, str | int] = field(default_factory=dict)

    def as_json(self) -> dict[str, object]:
        """What a row keeps."""
        return {
            "code": self.code,
            "state": str(self.state),
            "reason": self.reason,
            "found": [text[:1000] for text in self.found[:20]],
            "values": dict(self.values),
        }
