"""One step of a message's way."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Kind = Literal[
    "accepted", "rendered", "signed", "routed", "attempt", "waiting", "suppression", "event", "webhook"
]
State = Literal["ok", "info", "warning", "danger", "neutral"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What happened, in words for people (`title`, `text`, `next`) and in values for programs (`details`)."""

    kind: Kind
    state: State
    title: str
    text: str
    #: What to do; "" where there is nothing to be done about this step.
    next: str = ""
    at: datetime | None = None
    #: Short figures for experts, shown in one line.
    facts: tuple[str, ...] = ()
    #: The server's own words.
    reply: str = ""
    #: The lines of the session, where they were kept.
    transcript: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
