"""Reads what was accepted and what became of it, in the vocabulary that mail libraries share (Anymail's)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from accounts.tenancy import reading_scope
from campaigns.models import Content
from delivery.models import Attempt, AttemptState, Message, Reply, Submission
from relay_saas.web.errors import NotFound

#: Anymail's event type and reject reason for each state.
EVENTS: Final[Mapping[int, tuple[str, str | None]]] = {
    AttemptState.DELIVERED: ("delivered", None),
    AttemptState.DEFERRED: ("deferred", None),
    AttemptState.BOUNCED: ("bounced", "bounced"),
    AttemptState.FAILED: ("failed", None),
    AttemptState.SUPPRESSED: ("rejected", "blocked"),
    AttemptState.EXPIRED: ("bounced", "timed_out"),
    AttemptState.CANCELLED: ("rejected", "other"),
    AttemptState.IN_DOUBT: ("unknown", None),
    AttemptState.DOUBTED: ("deferred", None),
}
#: Anymail's words for reasons that we know more exactly.
_REJECTED: Final[Mapping[str, str]] = {
    "bounced": "bounced",
    "complained": "spam",
    "unsubscribed": "unsubscribed",
    "manual": "blocked",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageState:
    """One recipient's copy and where it stands: `queued`, or the name of its last attempt's state."""

    id: UUID
    address: str
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionState:
    """One submission with all its copies in the order of acceptance."""

    submission: Submission
    content: Content
    messages: tuple[MessageState, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened to one copy."""

    type: str
    message_id: UUID
    address: str
    at: datetime
    reject_reason: str | None = None
    attempt: Attempt | None = None
    reply: str = ""


def find_submission(*, tenant_id: UUID, submission_id: UUID) -> SubmissionState:
    """A submission of the tenant; raises NotFound."""
    with reading_scope(tenant_id):
        submission = _submission(submission_id)
        content = Content.objects.defer("html", "text", "attachments").get(pk=submission.content_id)
        messages = _messages(submission)
        attempts = Attempt.objects.filter(message_id__in=[message.id for message in messages])
        last = {
            attempt.message_id: AttemptState(attempt.state).name.lower()
            for attempt in attempts.order_by("number")
        }
    return SubmissionState(
        submission=submission,
        content=content,
        messages=tuple(
            MessageState(id=message.id, address=message.rcpt, status=last.get(message.id, "queued"))
            for message in messages
        ),
    )


def events_of(*, tenant_id: UUID, submission_id: UUID) -> list[Event]:
    """What happened to all copies of a submission, oldest first; raises NotFound."""
    with reading_scope(tenant_id):
        messages = {message.id: message for message in _messages(_submission(submission_id))}
        attempts = list(
            Attempt.objects.filter(message_id__in=messages).order_by("at", "message_id", "number")
        )
        ids = {attempt.reply_id for attempt in attempts if attempt.reply_id is not None}
        replies = dict(Reply.objects.filter(pk__in=ids).values_list("pk", "text"))
    accepted = [
        Event(type="queued", message_id=message.id, address=message.rcpt, at=message.created_at)
        for message in messages.values()
        # What was suppressed at once was never in the queue.
        if not any(_never_queued(attempt, message) for attempt in attempts)
    ]
    return accepted + [_event(attempt, messages[attempt.message_id], replies) for attempt in attempts]


def _never_queued(attempt: Attempt, message: Message) -> bool:
    return (
        attempt.message_id == message.id
        and attempt.number == 1
        and attempt.state == AttemptState.SUPPRESSED
        and attempt.at == message.created_at
    )


def _event(attempt: Attempt, message: Message, replies: Mapping[int, str]) -> Event:
    return Event(
        type=EVENTS[attempt.state][0],
        message_id=message.id,
        address=message.rcpt,
        at=attempt.at,
        reject_reason=reject_reason(attempt.state, attempt.category),
        attempt=attempt,
        reply=replies.get(attempt.reply_id or 0, ""),
    )


def reject_reason(state: int, category: str) -> str | None:
    """Anymail's word for why a message was not delivered; None where it was, or may be."""
    reason = EVENTS[state][1]
    return _REJECTED.get(category, reason) if state == AttemptState.SUPPRESSED else reason


def _submission(submission_id: UUID) -> Submission:
    found = Submission.objects.filter(pk=submission_id).first()
    if found is None:
        raise NotFound
    return found


def _messages(submission: Submission) -> list[Message]:
    # Ids say when they were made: the bound, a minute earlier, lets PostgreSQL pass by the months before.
    bound = UUID(int=((submission.pk.int >> 80) - 60_000) << 80)
    rows = Message.objects.filter(submission_id=submission.pk, id__gte=bound)
    return list(rows.order_by("id"))
