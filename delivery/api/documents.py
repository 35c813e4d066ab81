"""The JSON of the mail API's answers."""

from typing import Any

from delivery.models import Attempt, AttemptState
from delivery.models.stream import Stream
from delivery.selectors.submissions import Event, SubmissionState
from delivery.services.submission import Accepted
from relay_saas.mail.ids import format_id


def accepted_document(accepted: Accepted) -> dict[str, Any]:
    """The answer to `POST /emails`."""
    return {
        "id": format_id("em", accepted.submission.pk),
        "messages": [
            {
                "id": format_id("msg", message.id),
                "to": message.address,
                "status": "suppressed" if message.suppressed else "queued",
            }
            for message in accepted.messages
        ],
    }


def submission_document(found: SubmissionState) -> dict[str, Any]:
    """The answer to `GET /emails/{id}`."""
    submission = found.submission
    return {
        "id": format_id("em", submission.pk),
        "stream": Stream(submission.stream).name.lower(),
        "from": {"email": found.content.from_address, "name": found.content.from_name},
        "to": submission.to,
        "cc": submission.cc,
        "tags": submission.tags,
        "metadata": submission.metadata,
        "created_at": submission.created_at,
        "messages": [
            {"id": format_id("msg", message.id), "to": message.address, "status": message.status}
            for message in found.messages
        ],
    }


def event_document(event: Event) -> dict[str, Any]:
    """One entry of `GET /emails/{id}/events`; the remote server's answer only where there was one."""
    document = {
        "type": event.type,
        "message": format_id("msg", event.message_id),
        "to": event.address,
        "at": event.at,
        "reject_reason": event.reject_reason,
    }
    return document if event.attempt is None else document | _attempt(event.attempt, event.reply)


def _attempt(attempt: Attempt, reply: str) -> dict[str, Any]:
    return {
        "attempt": attempt.number,
        "state": AttemptState(attempt.state).name.lower(),
        "category": attempt.category,
        "code": attempt.code,
        "enhanced": attempt.enhanced or None,
        "stage": attempt.stage or None,
        "reply": reply or None,
        "host": attempt.host or None,
        "next_attempt_at": attempt.next_attempt_at,
    }
