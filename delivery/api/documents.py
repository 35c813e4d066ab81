"""The JSON of the mail API's answers."""

from datetime import datetime
from typing import Any
from uuid import UUID

from campaigns.models import Content
from delivery.api.desk import Taken
from delivery.models import Attempt, AttemptState, SimulatedMail, Submission
from delivery.models.stream import Stream
from delivery.selectors.submissions import Event, SubmissionState
from delivery.services.simulation import Happened, statuses
from relay_saas.mail.ids import format_id
from relay_saas.web.errors import RelayError
from relay_saas.web.prefixed import public_id


def taken_document(taken: Taken) -> dict[str, Any]:
    """The answer to `POST /emails`."""
    return {
        "id": format_id("em", taken.id),
        "messages": [
            {
                "id": format_id("msg", copy.id),
                "to": copy.address,
                "status": "suppressed" if copy.suppressed else "queued",
            }
            for copy in taken.copies
        ],
    }


def item_document(result: Taken | RelayError, place: str) -> dict[str, Any]:
    """One line of the answer to `POST /emails/batch`; `place` is the item's JSON pointer."""
    if not isinstance(result, RelayError):
        return {"status": 202, **taken_document(result)}
    errors = [{**problem.document(), "pointer": f"{place}{problem.pointer}"} for problem in result.errors]
    return {"status": result.status, "code": result.code, "detail": str(result), "errors": errors}


def submission_document(found: SubmissionState) -> dict[str, Any]:
    """The answer to `GET /emails/{id}`."""
    return line_document(found.submission, found.content) | {
        "messages": [
            {"id": format_id("msg", message.id), "to": message.address, "status": message.status}
            for message in found.messages
        ],
    }


def line_document(submission: Submission, content: Content | None) -> dict[str, Any]:
    """One line of `GET /emails`."""
    return {
        "id": format_id("em", submission.pk),
        "stream": _word(submission.stream),
        "topic": None if content is None else topic_id(content.mailing_list_id),
        "channel": submission.channel,
        "from": {
            "email": "" if content is None else content.from_address,
            "name": "" if content is None else content.from_name,
        },
        "to": submission.to,
        "cc": submission.cc,
        "subject": "" if content is None else content.subject,
        "tags": submission.tags,
        "metadata": submission.metadata,
        "created_at": submission.created_at,
        "scheduled_at": submission.send_at,
        "test": False,
    }


def simulated_document(mail: SimulatedMail, now: datetime) -> dict[str, Any]:
    """The same for mail of a test key."""
    known = statuses(mail, now)
    return simulated_line(mail) | {
        "messages": [
            {
                "id": format_id("msg", UUID(message_id)),
                "to": address,
                "status": known[UUID(message_id)],
            }
            for message_id, address in mail.copies
        ],
    }


def simulated_line(mail: SimulatedMail) -> dict[str, Any]:
    """One line of `GET /emails`, for a test key."""
    return {
        "id": format_id("em", mail.pk),
        "stream": _word(mail.stream),
        "topic": None,
        "channel": "api",
        "from": {"email": mail.from_address, "name": mail.from_name},
        "to": mail.to,
        "cc": mail.cc,
        "subject": mail.subject,
        "tags": mail.tags,
        "metadata": mail.metadata,
        "created_at": mail.created_at,
        "scheduled_at": mail.send_at,
        "test": True,
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


def simulated_event(one: Happened) -> dict[str, Any]:
    """The same for mail of a test key."""
    document: dict[str, Any] = {
        "type": one.step.type,
        "message": format_id("msg", one.message_id),
        "to": one.address,
        "at": one.at,
        "reject_reason": one.step.reason,
    }
    if one.step.status is None:
        return document | {"link": None, "machine": False, "reason": None, "user_agent": None}
    return document | {
        "attempt": 1,
        "state": one.step.status,
        "category": one.step.category,
        "code": one.step.code,
        "enhanced": one.step.enhanced or None,
        "stage": None,
        "reply": one.step.reply or None,
        "host": None,
        "next_attempt_at": None,
    }


def accepted_event(message_id: UUID, address: str, at: datetime) -> dict[str, Any]:
    """That a test key's mail was accepted."""
    return {
        "type": "queued",
        "message": format_id("msg", message_id),
        "to": address,
        "at": at,
        "reject_reason": None,
    }


def topic_id(number: int | None) -> str | None:
    """The id of the list that mail is about."""
    return None if number is None else public_id("lst", number)


def _word(stream: int) -> str:
    return Stream(stream).name.lower()


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
