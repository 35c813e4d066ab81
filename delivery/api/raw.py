"""`POST /emails/raw`: a whole message (RFC 5322), as a program has built it."""

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from delivery.api import desk
from delivery.api.documents import taken_document
from delivery.api.serializers import STREAMS, MailboxSerializer
from delivery.api.shapes import TakenEmailDocument
from delivery.api.specs import Caller, checked_time
from delivery.api.views import SendingView
from delivery.services.raw_read import read_mail
from delivery.services.raw_spec import MAX_RECIPIENTS, RawOptions
from delivery.services.raw_submission import submit_raw
from delivery.services.submission_spec import Mailbox, SubmissionSpec
from relay_saas.web.api_fields import GivenMoment
from relay_saas.web.api_operation import Operation
from relay_saas.web.strict_fields import StrictFlag, StrictSerializer, StrictText, TextPairs

#: A line end is CRLF, whatever the program wrote.
_LINE_ENDS: Final = re.compile(rb"\r\n|\r|\n")
_EXAMPLE: Final = base64.b64encode(b"From: orders@news.example.com\r\nSubject: 17\r\n\r\nHi\r\n").decode()
_LARGEST: Final = 15_000_000


class MessageField(StrictText):
    """The octets of a message, in base64."""

    default_error_messages = {
        "base64": _("This is not base64."),
        "too_large": _("A message may have 15 MB at most."),
    }

    def to_internal_value(self, data: Any) -> Any:
        """The octets with CRLF line ends; raises ValidationError."""
        text = super().to_internal_value(data)
        try:
            octets = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            self.fail("base64")
        if len(octets) > _LARGEST:
            self.fail("too_large")
        return _LINE_ENDS.sub(b"\r\n", octets)


class RawEmailSerializer(StrictSerializer):
    """The body of `POST /emails/raw`; fields `X-Relay-…` in the message say the same, and win."""

    raw = MessageField()
    to = serializers.ListField(child=MailboxSerializer(), allow_empty=False, max_length=MAX_RECIPIENTS)
    tags = serializers.ListField(child=StrictText(max_length=64), required=False, default=list)
    metadata = TextPairs(required=False, default=dict)
    stream = serializers.ChoiceField(choices=list(STREAMS), required=False, default="transactional")
    scheduled_at = GivenMoment(required=False, allow_null=True, default=None)
    track_opens = StrictFlag(required=False, allow_null=True, default=None)
    track_clicks = StrictFlag(required=False, allow_null=True, default=None)


class RawEmailView(SendingView):
    """A whole message, and to whom it goes."""

    required_scope = {"POST": "messages.send"}
    operations = {
        "POST": Operation(
            says="Send a whole message (MIME)",
            more="`to` is the envelope: who gets it, whatever the message's own fields say. Bcc is removed.",
            body=RawEmailSerializer,
            answer=TakenEmailDocument,
            status=202,
            examples={
                "A message": {
                    "raw": _EXAMPLE,
                    "to": ["taro@example.jp"],
                }
            },
            refusals={"bad_message": 422, "domain_not_verified": 422, "no_egress": 503},
        )
    }

    def post(self, request: Request) -> Response:  # noqa: ARG002
        """202 once everything is committed."""
        body = self.body(RawEmailSerializer)
        return Response(taken_document(_take(body, self.caller)), status=202)


def _take(body: Mapping[str, Any], caller: Caller) -> desk.Taken:
    options = _options(body, caller)
    recipients = [mailbox.address for mailbox in body["to"]]
    raw = body["raw"]
    if caller.key.test:
        mail = read_mail(raw=raw, envelope_from="", recipients=recipients, options=options)
        spec = SubmissionSpec(
            from_=Mailbox(address=mail.sender.address, name=mail.sender.name),
            to=tuple(Mailbox(address=str(address)) for address in mail.recipients.values()),
            subject=mail.subject,
            text="",
            stream=mail.options.stream,
            tags=mail.options.tags,
            metadata=mail.options.metadata,
            send_at=mail.options.send_at,
        )
        return desk.take(spec, caller)
    accepted = submit_raw(
        tenant_id=caller.tenant_id, raw=raw, envelope_from="", recipients=recipients, options=options
    )
    return desk.taken_of(accepted)


def _options(body: Mapping[str, Any], caller: Caller) -> RawOptions:
    return RawOptions(
        stream=STREAMS[body["stream"]],
        tags=tuple(body["tags"]),
        metadata=body["metadata"],
        track_opens=body["track_opens"],
        track_clicks=body["track_clicks"],
        send_at=checked_time(body["scheduled_at"]),
        channel="api",
        protocol="HTTP",
        api_key_id=caller.key.key_id,
        key_family_id=caller.key.family_id,
        request_id=caller.request_id,
        allowed_from=tuple(sorted(f"*@{domain}" for domain in caller.key.domains)),
    )
