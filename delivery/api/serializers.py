"""Turns the body of `POST /emails` into a SubmissionSpec; only JSON's own types, no unknown members."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from delivery.models.stream import Stream
from delivery.services.submission_check import MAX_ATTACHMENTS, MAX_RECIPIENTS
from delivery.services.submission_spec import AttachedFile, Mailbox
from relay_saas.mail.mailbox import BadMailbox, read_mailbox
from relay_saas.web.api_fields import GivenMoment
from relay_saas.web.prefixed import PublicId
from relay_saas.web.strict_fields import StrictFlag, StrictSerializer, StrictText, TextPairs

#: Mail of the installation itself is not for callers.
STREAMS: Final = {"transactional": Stream.TRANSACTIONAL, "marketing": Stream.MARKETING}
#: Of one batch.
MAX_BATCH: Final = 500
_FROM: Final = "At a verified domain of yours; without a domain (`orders`) at the stream's own."


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
    """`{"email": …, "name": …}`, or as people write it: an address, or `Name <address>`."""

    default_error_messages = {
        "mailbox": _("Write an address, or a name and the address: Acme <hello@example.com>.")
    }
    email = StrictText(max_length=1000)
    name = StrictText(required=False, allow_blank=True, default="", max_length=1000)

    def to_internal_value(self, data: Any) -> Mailbox:
        """The mailbox; the address is checked by the service."""
        if isinstance(data, str):
            return self._written(data)
        found = super().to_internal_value(data)
        return Mailbox(address=found["email"], name=found["name"])

    def _written(self, text: str) -> Mailbox:
        try:
            name, address = read_mailbox(text)
        except BadMailbox as error:
            message = str(self.error_messages["mailbox"])
            raise serializers.ValidationError({"email": [message]}, code=error.code) from error
        if len(text) > 1000 or not address.strip():
            found = super().to_internal_value({"email": address})
            return Mailbox(address=found["email"])
        return Mailbox(address=address, name=name)


class HeaderSerializer(StrictSerializer):
    """One extra header field."""

    name = StrictText(max_length=100)
    value = StrictText(allow_blank=True, max_length=4000)


class HeaderList(serializers.ListField):
    """`[{"name", "value"}]`, or an object of values by name."""

    child = HeaderSerializer()

    def to_internal_value(self, data: Any) -> list[Any]:
        """Raises ValidationError for another shape."""
        if isinstance(data, Mapping):
            data = [{"name": name, "value": value} for name, value in data.items()]
        return super().to_internal_value(data)


class AttachmentSerializer(StrictSerializer):
    """One file; `filename` is another word for `name`."""

    name = StrictText(max_length=255, required=False)
    filename = StrictText(max_length=255, required=False)
    content_type = StrictText(max_length=200, default="application/octet-stream")
    content = Base64File(allow_blank=True)
    content_id = StrictText(required=False, allow_null=True, default=None, max_length=200)

    def validate(self, attrs: dict[str, Any]) -> Any:
        """The file; raises ValidationError where it has no name, or two."""
        names = [attrs[key] for key in ("name", "filename") if key in attrs]
        if len(names) != 1:
            raise serializers.ValidationError({"name": [self.error_messages["required"]]}, code="required")
        return AttachedFile(
            name=names[0],
            content_type=attrs["content_type"],
            content=attrs["content"],
            content_id=attrs["content_id"],
        )


class MailboxList(serializers.ListField):
    """Mailboxes; one alone needs no list."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(child=MailboxSerializer(), max_length=MAX_RECIPIENTS, **kwargs)

    def to_internal_value(self, data: Any) -> list[Any]:
        """Raises ValidationError for another shape."""
        one = isinstance(data, str | Mapping)
        return super().to_internal_value([data] if one else data)


class VariablesField(serializers.Field[Any, Any, Any, Any]):
    """Values of a template by name: texts, numbers, flags, null, and lists and objects of them."""

    default_error_messages = {"invalid": _("This must be an object of values by name.")}

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Raises ValidationError for another shape."""
        if not isinstance(data, dict):
            self.fail("invalid")
        return data

    def to_representation(self, value: Any) -> Any:
        """As it is."""
        return value


class TemplateUseSerializer(StrictSerializer):
    """A template, and what stands in its places."""

    id = PublicId("tpl")
    variables = VariablesField(required=False)


class EmailSerializer(StrictSerializer):
    """The body of `POST /emails`."""

    to = MailboxList(
        allow_empty=False, help_text="Each gets a copy of their own; with cc and bcc 50 at most."
    )
    cc = MailboxList(required=False)
    bcc = MailboxList(required=False, help_text="These get a copy that no header names.")
    reply_to = MailboxList(required=False)
    subject = StrictText(allow_blank=True, max_length=1000)
    html = StrictText(
        required=False,
        allow_null=True,
        allow_blank=True,
        default=None,
        help_text="Literal, up to 1 MB. Html or text or a template must be there.",
    )
    text = StrictText(
        required=False, allow_null=True, allow_blank=True, default=None, help_text="Literal, up to 1 MB."
    )
    template = TemplateUseSerializer(
        required=False, allow_null=True, default=None, help_text="In the place of html and text."
    )
    headers = HeaderList(required=False, help_text="Up to 50; not those that the relay writes itself.")
    attachments = serializers.ListField(
        child=AttachmentSerializer(), required=False, help_text="Up to 50, 10 MB together."
    )
    tags = serializers.ListField(
        child=StrictText(max_length=64), required=False, help_text="Up to 10; they find mail and events."
    )
    metadata = TextPairs(required=False, help_text="Up to 20 names with a text each; events bring it back.")
    stream = serializers.ChoiceField(
        choices=list(STREAMS),
        required=False,
        help_text="If it is not said: `transactional`, of a topic `marketing`.",
    )
    topic = PublicId(
        "lst",
        required=False,
        allow_null=True,
        default=None,
        help_text="The list that this is about: who has left it gets nothing, one click leaves it.",
    )
    scheduled_at = GivenMoment(
        required=False,
        allow_null=True,
        default=None,
        help_text="At most 30 days away; a time that is over means at once.",
    )
    track_opens = StrictFlag(
        required=False, allow_null=True, default=None, help_text="If it is not said: of marketing true."
    )
    track_clicks = StrictFlag(
        required=False, allow_null=True, default=None, help_text="If it is not said: of marketing true."
    )

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """`from` is a word of Python, so it cannot be declared above."""
        return {"from": MailboxSerializer(help_text=_FROM), **super().get_fields()}


class BatchSerializer(StrictSerializer):
    """The body of `POST /emails/batch`; each mail is checked by itself."""

    emails = serializers.ListField(child=serializers.DictField(), allow_empty=False, max_length=MAX_BATCH)


class RescheduleSerializer(StrictSerializer):
    """The body of `PATCH /emails/{id}`."""

    scheduled_at = GivenMoment()
