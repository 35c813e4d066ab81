"""What the API takes and answers about webhooks."""

from typing import Any

from rest_framework import serializers

from delivery.models.stream import Stream
from relay_saas.net.target import MAX_URL
from relay_saas.web.api_fields import GivenMoment, Moment, UuidId
from relay_saas.web.prefixed import PublicId
from relay_saas.web.strict_fields import StrictFlag, StrictInteger, StrictSerializer, StrictText
from tracking.models import WebhookCall, WebhookEndpoint
from tracking.selectors.event_words import LABELS, SUBSCRIBABLE
from tracking.services.webhooks import MAX_TEXT, MOST_BATCH

MOST = 50
STREAMS = {stream.name.lower(): stream.value for stream in Stream}
_NAMES = {value: name for name, value in STREAMS.items()}


class WebhookBody(StrictSerializer):
    """An endpoint; an empty list wants everything."""

    url = StrictText(max_length=MAX_URL)
    description = StrictText(required=False, allow_blank=True, max_length=MAX_TEXT)
    types = serializers.ListField(
        child=serializers.ChoiceField(choices=SUBSCRIBABLE), required=False, max_length=MOST
    )
    streams = serializers.ListField(
        child=serializers.ChoiceField(choices=sorted(STREAMS)), required=False, max_length=3
    )
    tags = serializers.ListField(child=StrictText(max_length=MAX_TEXT), required=False, max_length=MOST)
    mode = serializers.ChoiceField(
        choices=WebhookEndpoint.Mode.values,
        required=False,
        help_text="`test`: told of test keys' mail alone; `live`, if it is not said: of all other mail.",
    )
    format = serializers.ChoiceField(choices=WebhookEndpoint.Format.values, required=False)
    batch = StrictInteger(required=False, min_value=1, max_value=MOST_BATCH)


class TestBody(StrictSerializer):
    """Which event a test is an example of."""

    type = serializers.ChoiceField(choices=list(LABELS), required=False)


class EnableBody(StrictSerializer):
    """Whether what happened meanwhile is told, too; true if it is not said."""

    missed = StrictFlag(required=False)


class ReplayBody(StrictSerializer):
    """A stretch of time."""

    since = GivenMoment()
    until = GivenMoment()


class StreamName(serializers.Field[Any, Any, Any, Any]):
    """A stream by its word."""

    def to_representation(self, value: int) -> str:
        """The word."""
        return _NAMES[value]


class WebhookDocument(serializers.Serializer[Any]):
    """An endpoint and how it does."""

    id = PublicId("whk", source="pk")
    url = serializers.CharField(help_text="Without the password that it may hold.")
    description = serializers.CharField()
    types = serializers.ListField(child=serializers.CharField())
    streams = serializers.ListField(child=StreamName())
    tags = serializers.ListField(child=serializers.CharField())
    mode = serializers.ChoiceField(choices=WebhookEndpoint.Mode.values)
    format = serializers.ChoiceField(choices=WebhookEndpoint.Format.values)
    batch = serializers.IntegerField()
    state = serializers.ChoiceField(choices=WebhookEndpoint.State.values)
    reason = serializers.CharField(help_text="Why we disabled it: failing, gone, or nothing.")
    failures = serializers.IntegerField(help_text="In a row, since the last success.")
    failing_since = Moment(allow_null=True)
    last_success_at = Moment(allow_null=True)
    last_error = serializers.CharField(help_text="The last answer that was no success, or why none came.")
    old_secret_until = Moment(allow_null=True, help_text="Until then the old secret signs as well.")
    created_at = Moment()


class NewWebhookDocument(WebhookDocument):
    """The same with its secret, which no other answer holds."""

    secret = serializers.CharField()


class CallDocument(serializers.Serializer[Any]):
    """A call of an endpoint."""

    id = UuidId("call")
    webhook_id = serializers.CharField(help_text="The header webhook-id: the event's id.")
    types = serializers.ListField(child=serializers.CharField())
    events = serializers.IntegerField(source="n")
    origin = serializers.ChoiceField(choices=WebhookCall.Origin.values)
    state = serializers.ChoiceField(choices=WebhookCall.State.values)
    attempts = serializers.IntegerField()
    next_attempt_at = Moment(allow_null=True)
    last_status = serializers.IntegerField(allow_null=True)
    last_error = serializers.CharField()
    created_at = Moment()
    done_at = Moment(allow_null=True)


class AttemptDocument(serializers.Serializer[Any]):
    """One request and what came back."""

    number = serializers.IntegerField()
    at = Moment()
    milliseconds = serializers.IntegerField()
    address = serializers.CharField()
    request_headers = serializers.CharField()
    status = serializers.IntegerField(allow_null=True)
    error = serializers.CharField()
    response_headers = serializers.CharField()
    response_body = serializers.CharField()
    response_cut = serializers.BooleanField()


class CallDetailDocument(CallDocument):
    """The call with its body and every attempt, the last one first."""

    body = serializers.CharField()
    tried = AttemptDocument(many=True)


class ReplayDocument(serializers.Serializer[Any]):
    """Events that are told once more."""

    since = Moment()
    until = Moment()
    calls = serializers.IntegerField()
    done_at = Moment(allow_null=True)
