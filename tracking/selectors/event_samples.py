"""Examples of events, for tests of endpoints and for the documentation."""

import json
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from delivery.models import AttemptState
from delivery.models.stream import Stream
from delivery.selectors.submissions import EVENTS
from tracking.models import EventBatch, WebhookEndpoint
from tracking.selectors.event_document import event_document
from tracking.selectors.event_feed import FeedRow
from tracking.selectors.event_words import KINDS, QUEUED
from tracking.selectors.postmark_document import postmark_document

_MESSAGE: Final = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
_SUBMISSION: Final = UUID("01890a5d-ac96-774b-bcce-b302099a8056")
#: What servers answer in the examples.
_ANSWERS: Final[dict[AttemptState, dict[str, Any]]] = {
    AttemptState.DELIVERED: {"code": 250, "enhanced": "2.0.0", "stage": "dot", "reply": "OK"},
    AttemptState.DEFERRED: {
        "code": 451,
        "enhanced": "4.7.1",
        "stage": "rcpt",
        "reply": "Greylisted, try again later",
        "category": "greylisted",
    },
    AttemptState.BOUNCED: {
        "code": 550,
        "enhanced": "5.1.1",
        "stage": "rcpt",
        "reply": "No such user",
        "category": "recipient_unknown",
    },
    AttemptState.FAILED: {"category": "auth_failure", "code": 550, "enhanced": "5.7.26", "stage": "dot"},
    AttemptState.SUPPRESSED: {"category": "unsubscribed"},
}


def sample_row(event_type: str, now: datetime) -> FeedRow:
    """An event of that type."""
    mail: dict[str, Any] = {
        "noted_at": now,
        "number": 1,
        "message_id": _MESSAGE,
        "rcpt": "recipient@example.com",
        "stream": Stream.TRANSACTIONAL.value,
        "submission_id": _SUBMISSION,
        "created_at": now,
        "tags": ["example"],
        "metadata": {"order": "1234"},
    }
    if event_type == QUEUED:
        return FeedRow(source=EventBatch.Source.ACCEPTED, **mail)
    if event_type in KINDS:
        word = KINDS.index(event_type) << 1
        seen: dict[str, Any] = {
            "kind": event_type,
            "user_agent": "Mozilla/5.0 (example)",
            "address": "192.0.2.1",
            "engaged_at": now,
        }
        link: dict[str, Any] = {}
        if event_type == "clicked":
            link = {"link_index": 0, "url": "https://example.com/"}
        return FeedRow(source=EventBatch.Source.ENGAGEMENTS, word=word, key=_MESSAGE, **mail, **seen, **link)
    state = next((state for state in AttemptState if EVENTS[state][0] == event_type), None)
    if state is not None:
        later: dict[str, Any] = {}
        if state == AttemptState.DEFERRED:
            later = {"next_attempt_at": now + timedelta(minutes=6)}
        return FeedRow(
            source=EventBatch.Source.ATTEMPTS,
            word=1 << 4 | state,
            host="mx.example.com",
            attempted_at=now,
            **mail,
            **_ANSWERS.get(state, {}),
            **later,
        )
    return FeedRow(
        source=EventBatch.Source.FACTS,
        noted_at=now,
        number=1,
        key=_MESSAGE,
        detail={"type": event_type, "data": _fact(event_type)},
    )


def sample_body(shape: str, event_type: str, webhook_id: str, now: datetime) -> str:
    """The body of a test."""
    row = sample_row(event_type, now)
    if shape == WebhookEndpoint.Format.POSTMARK:
        document = postmark_document(row) or postmark_document(sample_row("delivered", now)) or {}
        document["Metadata"] = {"test": "true"}
    else:
        document = event_document(row) | {"id": webhook_id, "sequence": 0}
        document["data"]["test"] = True
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def _fact(event_type: str) -> dict[str, Any]:
    about, _, word = event_type.partition(".")
    match about:
        case "campaign":
            return {
                "campaign_id": 1,
                "name": "Example",
                "state": word,
                "before": "sending",
                "audience": 100,
            }
        case "domain":
            return {"domain_id": 1, "name": "news.example.com", "state": word}
    return {}
