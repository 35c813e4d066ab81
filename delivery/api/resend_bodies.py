"""Resend's request bodies and answers, and its words for what is wrong."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers

from delivery.api.foreign import Anything, LooseFile, LooseText, file_of, mailboxes, sender, texts
from delivery.api.specs import Caller, TemplateUse, checked_time, filled_in, written
from delivery.exceptions import BadSubmission
from delivery.models.stream import Stream
from delivery.services.submission_spec import SubmissionSpec
from relay_saas.web.errors import RelayError
from relay_saas.web.prefixed import number_or_zero
from relay_saas.web.problems import FieldProblem

#: Our code -> HTTP status and Resend's name.
_NAMES: Final = {
    "bad_api_key": (403, "invalid_api_key"),
    "permission_denied": (401, "restricted_api_key"),
    "test_key": (401, "restricted_api_key"),
    "not_found": (404, "not_found"),
    "method_not_allowed": (405, "method_not_allowed"),
    "rate_limited": (429, "rate_limit_exceeded"),
    "bad_idempotency_key": (400, "invalid_idempotency_key"),
    "idempotency_key_reused": (409, "invalid_idempotent_request"),
    "idempotent_request_running": (409, "concurrent_idempotent_requests"),
    "domain_not_verified": (403, "validation_error"),
    "sender_not_allowed": (403, "validation_error"),
    "no_egress": (500, "application_error"),
    "body_too_large": (413, "validation_error"),
}
#: Our status of a copy -> Resend's last event.
_EVENTS: Final = {
    "queued": "queued",
    "deferred": "delivery_delayed",
    "doubted": "delivery_delayed",
    "delivered": "delivered",
    "bounced": "bounced",
    "expired": "bounced",
    "failed": "failed",
    "suppressed": "suppressed",
    "cancelled": "canceled",
    "in_doubt": "sent",
}
_IN: Final = re.compile(r"in (\d{1,4}) ?(s|sec|second|m|min|minute|h|hour|d|day)s?", re.IGNORECASE)
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class ResendTag(serializers.Serializer[Any]):
    """A name and its value."""

    name = LooseText(default="")
    value = LooseText(default="")


class ResendAttachment(serializers.Serializer[Any]):
    """One file; it must come with the request."""

    filename = LooseText()
    content = LooseFile()
    content_type = LooseText()
    content_id = LooseText()
    inline_content_id = LooseText()


class ResendTemplate(serializers.Serializer[Any]):
    """A template, and what stands in its places."""

    id = LooseText(default="")
    variables = serializers.DictField(required=False, allow_null=True, default=None)


class ResendEmail(serializers.Serializer[Any]):
    """The body of `/resend/emails` and of an item of its batch; what it does not know is ignored."""

    to = Anything(required=False, default=None)
    cc = Anything(required=False, default=None)
    bcc = Anything(required=False, default=None)
    reply_to = Anything(required=False, default=None)
    subject = LooseText()
    html = LooseText()
    text = LooseText()
    headers = serializers.DictField(required=False, allow_null=True, default=None)
    attachments = ResendAttachment(many=True, required=False, allow_null=True, default=None)
    tags = ResendTag(many=True, required=False, allow_null=True, default=None)
    scheduled_at = LooseText()
    topic_id = LooseText()
    template = ResendTemplate(required=False, allow_null=True, default=None)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """`from` is a word of Python, so it cannot be declared above."""
        return {"from": LooseText(), **super().get_fields()}


def spec_of(data: Mapping[str, Any], caller: Caller) -> SubmissionSpec:
    """The spec of a valid body; raises BadSubmission, TemplateNotRendered."""
    headers = texts(data["headers"])
    pairs = {tag["name"] or "": tag["value"] or "" for tag in data["tags"] or ()}
    spec = SubmissionSpec(
        from_=sender(data["from"]),
        to=mailboxes(data["to"], "/to"),
        cc=mailboxes(data["cc"], "/cc"),
        bcc=mailboxes(data["bcc"], "/bcc"),
        reply_to=written(mailboxes(data["reply_to"], "/reply_to")),
        subject=data["subject"] or "",
        html=data["html"] or None,
        text=data["text"],
        headers=tuple(headers.items()),
        attachments=tuple(
            file_of(
                one["filename"],
                one["content_type"],
                one["content"],
                one["content_id"] or one["inline_content_id"],
            )
            for one in data["attachments"] or ()
        ),
        tags=tuple(_listed(headers.get("X-Tags"))),
        metadata=pairs | _named(headers.get("X-Metadata")),
        stream=Stream.MARKETING if data["topic_id"] else Stream.TRANSACTIONAL,
        topic_id=number_or_zero("lst", data["topic_id"]) if data["topic_id"] else None,
        send_at=checked_time(moment_of(data["scheduled_at"])),
        channel="api",
        api_key_id=caller.key.key_id,
        request_id=caller.request_id,
    )
    if data["template"] is None:
        return spec
    number = number_or_zero("tpl", data["template"]["id"])
    use = TemplateUse(template_id=number, variables=data["template"]["variables"] or {})
    return filled_in(replace(spec, html=None, text=None), use, caller)


def moment_of(text: str | None) -> datetime | None:
    """A moment in ISO 8601, UTC where no zone is said, or `in 10 min`; raises BadSubmission."""
    if text is None:
        return None
    if found := _IN.fullmatch(text.strip()):
        return timezone.now() + timedelta(**{_UNITS[found[2][0].lower()]: int(found[1])})
    try:
        when = datetime.fromisoformat(text)
        return when.replace(tzinfo=when.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        detail = _("Write a moment like 2026-11-24T09:00:00+09:00, or: in 10 min.")
        where = FieldProblem(pointer="/scheduled_at", code="moment", detail=detail)
        raise BadSubmission("bad_message", errors=[where]) from error


def _listed(text: str | None) -> list[str]:
    """Tags that a mail library put into a header."""
    found = _json(text)
    return [str(tag) for tag in found] if isinstance(found, list) else []


def _named(text: str | None) -> dict[str, str]:
    found = _json(text)
    return texts(found) if isinstance(found, dict) else {}


def _json(text: str | None) -> Any:
    try:
        return None if text is None else json.loads(text)
    except ValueError:
        return None


def refusal(error: RelayError) -> dict[str, Any]:
    """Resend's answer to what was refused."""
    codes = [error.code, *(problem.code for problem in error.errors)]
    usual = (error.status, "validation_error" if error.status < 500 else "application_error")
    status, name = next((_NAMES[code] for code in codes if code in _NAMES), usual)
    return {"statusCode": status, "name": name, "message": message_of(error)}


def message_of(error: RelayError) -> str:
    """All that is wrong, in a line."""
    found = [f"{problem.pointer.removeprefix('/')}: {problem.detail}" for problem in error.errors]
    return " ".join([str(error), *found])


def email_document(document: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Our answer to `GET /emails/{id}` in Resend's shape, but for its id."""
    scheduled = document["scheduled_at"]
    statuses = [message["status"] for message in document["messages"]]
    waits = scheduled is not None and scheduled > now and "queued" in statuses
    name, address = document["from"]["name"], document["from"]["email"]
    return {
        "object": "email",
        "to": document["to"],
        "from": f"{name} <{address}>" if name else address,
        "created_at": document["created_at"],
        "subject": document["subject"],
        "cc": document["cc"],
        "last_event": "scheduled" if waits else _EVENTS.get(statuses[0] if statuses else "queued", "sent"),
        "scheduled_at": scheduled,
        "tags": [{"name": key, "value": value} for key, value in document["metadata"].items()],
    }
