"""An event as JSON: what the API, webhooks and `manage.py listen` tell alike (docs/webhooks.md)."""

from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID, uuid5

from delivery.models import AttemptState
from delivery.models.stream import Stream
from delivery.selectors.event_records import event_id
from delivery.selectors.submissions import EVENTS, reject_reason
from relay_saas.mail.ids import format_id
from relay_saas.web.prefixed import public_id
from tracking.models import EventBatch
from tracking.selectors.event_feed import FeedRow
from tracking.selectors.event_words import KINDS, QUEUED

_STREAMS: Final = {stream.value: stream.name.lower() for stream in Stream}
_ACCEPTED: Final = "accepted"
#: What facts are about, and the kind of its id.
_NAMED: Final = {"campaign": "cmp", "domain": "dom"}
Source = EventBatch.Source


def type_of(row: FeedRow) -> str:
    """The event's type."""
    if row.source == Source.FACTS:
        return str((row.detail or {})["type"])
    if row.source == Source.ACCEPTED:
        return QUEUED
    if row.source == Source.ENGAGEMENTS:
        return row.kind or KINDS[row.word >> 1]
    return EVENTS[row.word & 15][0]


def id_of(row: FeedRow) -> str:
    """`evt_…`, the same for the same event however often and wherever it is told."""
    if row.source == Source.ATTEMPTS and row.message_id is not None:
        return event_id(row.message_id, row.word >> 4)
    if row.source == Source.ACCEPTED and row.message_id is not None:
        return format_id("evt", uuid5(row.message_id, _ACCEPTED))
    return format_id("evt", row.key or UUID(int=0))


def event_document(row: FeedRow) -> dict[str, Any]:
    """The event: id, type, time, its number in the tenant's feed, and what it is about."""
    at = row.attempted_at or row.engaged_at or (row.created_at if row.source == Source.ACCEPTED else None)
    mark = {"test": True} if row.test else {}
    return mark | {
        "id": id_of(row),
        "type": type_of(row),
        "timestamp": time_text(at or row.noted_at),
        "sequence": row.number,
        "data": _fact(row) if row.source == Source.FACTS else _mail(row),
    }


def time_text(at: datetime) -> str:
    """ISO 8601 in UTC, to the microsecond."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _fact(row: FeedRow) -> dict[str, Any]:
    data = dict((row.detail or {})["data"])
    for name, kind in _NAMED.items():
        if isinstance(number := data.pop(f"{name}_id", None), int):
            data = {name: public_id(kind, number)} | data
    return data


def _mail(row: FeedRow) -> dict[str, Any]:
    data: dict[str, Any] = {
        "message": format_id("msg", row.message_id or UUID(int=0)),
        "email": format_id("em", row.submission_id) if row.submission_id else None,
        "campaign": public_id("cmp", row.campaign_id) if row.campaign_id else None,
        "contact": public_id("con", row.contact_id) if row.contact_id else None,
        "to": row.rcpt,
        "stream": _STREAMS.get(row.stream or 0),
        "tags": row.tags or [],
        "metadata": row.metadata or {},
    }
    if row.source == Source.ATTEMPTS:
        return data | _attempt(row)
    if row.source == Source.ENGAGEMENTS:
        return data | _engagement(row)
    return data


def _attempt(row: FeedRow) -> dict[str, Any]:
    state = AttemptState(row.word & 15)
    return {
        "state": state.name.lower(),
        "attempt": row.word >> 4,
        "reject_reason": reject_reason(state, row.category or ""),
        "category": row.category or None,
        "code": row.code,
        "enhanced": row.enhanced or None,
        "stage": row.stage or None,
        "reply": row.reply,
        "host": row.host or None,
        "next_attempt_at": time_text(row.next_attempt_at) if row.next_attempt_at else None,
    }


def _engagement(row: FeedRow) -> dict[str, Any]:
    return {
        "link": row.link_index,
        "url": row.url,
        "machine": bool(row.word & 1) if row.machine is None else row.machine,
        "reason": row.reason or None,
        "user_agent": row.user_agent or None,
        "ip": row.address or None,
    }
