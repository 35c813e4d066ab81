"""`GET /messages/{id}/explain`: the way of one message, each step in words and in values."""

from typing import Any, ClassVar, get_args
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from delivery.api.views import MailApiView
from delivery.selectors.story import story_of
from relay_saas.mail.ids import BadId, format_id, parse_id
from relay_saas.web.api_fields import UuidId
from relay_saas.web.api_operation import Operation
from relay_saas.web.errors import NotFound
from tracking.selectors.engagements import engagements_of
from tracking.selectors.message_calls import calls_of_message
from tracking.words.step import Kind, State, Step
from tracking.words.steps import steps_of, summary_of

MAX_ENGAGEMENTS = 1000
KINDS = get_args(Kind)
STATES = get_args(State)


class StepDocument(serializers.Serializer[Any]):
    """One step."""

    step = serializers.ChoiceField(choices=KINDS)
    state = serializers.ChoiceField(choices=STATES)
    at = serializers.DateTimeField(allow_null=True)
    title = serializers.CharField()
    text = serializers.CharField()
    next_step = serializers.CharField(allow_null=True)
    transcript = serializers.CharField(allow_null=True)
    details = serializers.DictField()


class ExplanationDocument(serializers.Serializer[Any]):
    """The way of one message."""

    id = UuidId("msg")
    to = serializers.CharField()
    state = serializers.CharField()
    final = serializers.BooleanField()
    summary = serializers.CharField()
    next_step = serializers.CharField(allow_null=True)
    steps = StepDocument(many=True)


class ExplainView(MailApiView):
    """In the language of `Accept-Language` (en, ja); `step`, `state` and `details` are for programs."""

    tag = "Messages"
    path_ids: ClassVar = {"message": "msg"}
    operations: ClassVar = {
        "GET": Operation(
            says="Explain a message, step by step",
            more=(
                "Accepted, rendered, signed, routed, every attempt with its transcript, what it waits for, "
                "suppressions, events and webhook calls. `title`, `text` and `next_step` are for people, in "
                "the language of Accept-Language; `step`, `state` and `details` are for programs."
            ),
            answer=ExplanationDocument,
            refusals={"not_found": 404},
        )
    }
    required_scope = {"GET": "messages.read", "HEAD": "messages.read"}

    def get(self, request: Request, message: str) -> Response:  # noqa: ARG002
        """An unknown id answers like a foreign one."""
        try:
            message_id = parse_id("msg", message)
        except BadId as error:
            raise NotFound from error
        return Response(explanation(self.tenant_id, message_id))


def explanation(tenant_id: UUID, message_id: UUID) -> dict[str, Any]:
    """The document; raises NotFound."""
    story = story_of(tenant_id=tenant_id, message_id=message_id)
    engagements = engagements_of(tenant_id=tenant_id, message_ids=[message_id], limit=MAX_ENGAGEMENTS)
    calls = calls_of_message(tenant_id=tenant_id, message_id=message_id)
    steps = steps_of(story, engagements, calls)
    now = summary_of(steps)
    return {
        "id": format_id("msg", message_id),
        "to": story.message.rcpt,
        "state": story.state,
        "final": story.final,
        "summary": now.text,
        "next_step": now.next or None,
        "steps": [step_document(step) for step in steps],
    }


def step_document(step: Step) -> dict[str, Any]:
    """One step."""
    return {
        "step": step.kind,
        "state": step.state,
        "at": step.at,
        "title": step.title,
        "text": step.text,
        "next_step": step.next or None,
        "transcript": step.transcript or None,
        "details": dict(step.details),
    }
