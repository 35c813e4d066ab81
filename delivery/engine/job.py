"""One message's claim and one attempt's outcome, as values; an outcome also travels through the journal."""

import json
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any, Final
from uuid import UUID

from delivery.models.ledger import AttemptState

_OPEN: Final = AttemptState.open_states()

#: What was spoken to: IP address, port, TLS version and cipher ("" for both in the clear).
Endpoint = tuple[str, int, str, str]


@dataclass(slots=True, kw_only=True)
class Job:
    """A claimed queue entry with all that sending it needs. Not frozen: a million of them are made."""

    tenant_id: UUID
    tenant_number: int
    message_id: UUID
    fence: int
    lane_id: int
    pool_id: int
    #: The source that an earlier attempt spoke from.
    source_id: int | None
    site_id: int
    provider_id: int
    domain: str
    stream: int
    campaign_id: int | None
    contact_id: int | None
    content_id: int
    rcpt: str
    rcpt_key: str
    merge: dict[str, Any]
    attempts: int
    doubts: int
    dated_at: datetime | None
    due_at: datetime
    expires_at: datetime
    #: Why it must not be sent after all; "" where nothing stands against it.
    blocked: str = ""
    #: Loop time of the last look at what could stand against it: the claim, or a check since then.
    looked_at: float = 0.0

    @property
    def number(self) -> int:
        """The attempt that is to be made."""
        return self.attempts + 1


@dataclass(slots=True, kw_only=True)
class Record:
    """An attempt as it is written to the ledger; never changed. Not frozen, which would triple its cost."""

    tenant_id: UUID
    message_id: UUID
    fence: int
    number: int
    state: AttemptState
    at: datetime
    campaign_id: int | None = None
    lane_id: int = 0
    category: str = ""
    code: int | None = None
    enhanced: str = ""
    stage: str = ""
    rule: str = ""
    #: The server's words; "" where nobody answered.
    reply: str = ""
    host: str = ""
    provider_id: int = 0
    source_id: int | None = None
    tls: bool | None = None
    #: Milliseconds of each step.
    timings: tuple[int, ...] = ()
    dated_at: datetime | None = None
    next_attempt_at: datetime | None = None
    #: For a suppression: the address, and after how many such failures within how many days.
    rcpt_key: str = ""
    strikes: int | None = None
    within_days: int | None = None
    #: Lines for the transcript; "" keeps none.
    transcript: str = ""
    endpoint: Endpoint | None = None
    #: Octets of the message as composed; None where it was not.
    size: int | None = None

    @property
    def final(self) -> bool:
        """Whether the queue entry ends with it."""
        return self.state not in _OPEN


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """No attempt was made: the entry goes back as it is."""

    tenant_id: UUID
    message_id: UUID
    fence: int


_NAMES: Final = tuple(item.name for item in fields(Record))
_VALUES: Final = attrgetter(*_NAMES)
_DATES: Final = ("at", "dated_at", "next_attempt_at")
_TIMES: Final = tuple(map(_NAMES.index, _DATES))
_IDS: Final = tuple(map(_NAMES.index, ("tenant_id", "message_id")))


def to_json(record: Record) -> bytes:
    """What the journal keeps: the values in the order of the fields, to which new ones are appended."""
    values = list(_VALUES(record))
    for place in _IDS:
        values[place] = values[place].hex
    for place in _TIMES:
        if values[place] is not None:
            values[place] = values[place].timestamp()
    return _ENCODER.encode(values).encode()


def from_json(text: bytes) -> Record:
    """The record that `to_json` gave, by this version or one before; raises ValueError."""
    values: dict[str, Any] = dict(zip(_NAMES, json.loads(text), strict=False))
    for name in _DATES:
        if values.get(name) is not None:
            values[name] = datetime.fromtimestamp(values[name], UTC)
    values["tenant_id"] = UUID(values["tenant_id"])
    values["message_id"] = UUID(values["message_id"])
    values["state"] = AttemptState(values["state"])
    values["timings"] = tuple(values["timings"])
    if values.get("endpoint") is not None:
        values["endpoint"] = tuple(values["endpoint"])
    return Record(**values)


_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
