"""Turns the body of `POST /emails` into a SubmissionSpec; only JSON's own types, no unknown members."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from delivery.models.stream import Stream
from delivery.services.submission_check import MAX_ATTACHMENTS, MAX_RECIPIENTS
from delivery.services.submission_spec import AttachedFile, Mailbox, SubmissionSpec
from relay_saas.web.strict_fields import StrictFlag, StrictSerializer, StrictText, TextPairs

#: Mail of the installation itself is not for callers.
STREAMS = {"transactional": Stream.TRANSACTIONAL, "marketing": Stream.MARKETING}


class Base64File(StrictText):
    """Base64 with its padding, without line ends (RFC 4648 §4)."""

    default_error_messages = {
        "base64": _("This is not base64."),
        "too_large": _("All attachments together may have 10 MB."),
    }

    def to_internal_value(self, data: Any) -> Any:
        """The octets; raises ValidationError."""
        text = super().to_internal_value(data)
        if len(text) > MAX_ATTACHMENTS * 4 // 3 + 4:
            self.fail("too_large")
        try:
            return base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            self.fail("base64")


class MailboxSerializer(StrictSerializer):
    """`{"email": …, "name": …}`, or the address alone as a string."""

    email = StrictText(max_length=1000)
    name = StrictText(required=False, allow_blank=True, default="", max_length=1000)

    def to_internal_value(self, data: Any) -> Mailbox:
        """The mailbox; the address is checked by the service."""
        found = super().to_internal_value({"email": data} if isinstance(data, str) else data)
        return Mailbox(address=found["email"], name=found["name"])


class HeaderSerializer(StrictSerializer):
    """One extra header field."""

    name = StrictText(max_length=100)
    value = StrictText(allow_blank=True, max_length=4000)


class AttachmentSerializer(StrictSerializer):
    """One file."""

    name = StrictText(max_length=255)
    content_type = StrictText(max_length=200, default="application/octet-stream")
    content = Base64File(allow_blank=True)
    content_id = StrictText(required=False, allow_null=True, default=None, max_length=200)


def mailboxes(**kwargs: Any) -> serializers.ListField:
    """A list of recipients."""
    return serializers.ListField(child=MailboxSerializer(), max_length=MAX_RECIPIENTS, **kwargs)


class EmailSerializer(StrictSerializer):
    """The body of `POST /emails`."""

    to = mailboxes(allow_empty=False)
    cc = mailboxes(required=False)
    bcc = mailboxes(required=False)
    reply_to = StrictText(required=False, allow_blank=True, default="", max_length=1000)
    subject = StrictText(allow_blank=True, max_length=1000)
    html = StrictText(required=False, allow_null=True, allow_blank=True, default=None)
    text = StrictText(required=False, allow_null=True, allow_blank=True, default=None)
    headers = serializers.ListField(child=HeaderSerializer(), required=False)
    attachments = serializers.ListField(child=AttachmentSerializer(), required=False)
    tags = serializers.ListField(child=StrictText(max_length=64), required=False)
    metadata = TextPairs(required=False)
    stream = serializers.ChoiceField(choices=list(STREAMS), required=False, default="transactional")
    track_opens = StrictFlag(required=False, allow_null=True, default=None)
    track_clicks = StrictFlag(required=False, allow_null=True, default=None)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """`from` is a word of Python, so it cannot be declared above."""
        return {"from": MailboxSerializer(), **super().get_fields()}


def spec_of(data: Mapping[str, Any], *, api_key_id: int, request_id: str) -> SubmissionSpec:
    """The spec of a validated body."""
    return SubmissionSpec(
        from_=data["from"],
        to=tuple(data["to"]),
        cc=tuple(data.get("cc", ())),
        bcc=tuple(data.get("bcc", ())),
        reply_to=data["reply_to"],
        subject=data["subject"],
        html=data["html"],
        text=data["text"],
        headers=tuple((header["name"], header["value"]) for header in data.get("headers", ())),
        attachments=tuple(AttachedFile(**file) for file in data.get("attachments", ())),
        tags=tuple(data.get("tags", ())),
        metadata=data.get("metadata", {}),
        stream=STREAMS[data["stream"]],
        track_opens=data["track_opens"],
        track_clicks=data["track_clicks"],
        channel="api",
        api_key_id=api_key_id,
        request_id=request_id,
    )
