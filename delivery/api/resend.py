"""`/resend/emails…`: Resend's sending API, so that its clients move by changing address and key."""

from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.repeats import Repeated
from delivery.api import desk
from delivery.api.parameters import submission_id_of
from delivery.api.reading import checked
from delivery.api.resend_bodies import (
    ResendEmail,
    email_document,
    message_of,
    moment_of,
    refusal,
    spec_of,
)
from delivery.api.serializers import MAX_BATCH
from delivery.api.specs import Caller, checked_time
from delivery.api.views import SendingView, SingleSends
from delivery.exceptions import BadSubmission
from delivery.services.submission_spec import SubmissionSpec
from relay_saas.web.errors import NotFound, RelayError, translated
from relay_saas.web.json_body import BulkListParser

_EMAIL: Final = ResendEmail()


class ResendView(SendingView):
    """A door that answers in Resend's words; ids are plain UUIDs, as there."""

    parser_classes = [BulkListParser]
    schema = None

    def handle_exception(self, exc: Exception) -> Response:
        """A refusal in Resend's shape."""
        error = translated(exc)
        if isinstance(exc, Repeated) or error is None:
            return super().handle_exception(exc)
        document = refusal(error)
        return Response(document, status=document["statusCode"], headers=error.headers)


class ResendEmailsView(ResendView, SingleSends):
    """`POST /emails`."""

    required_scope = {"POST": "messages.send"}

    def post(self, request: Request) -> Response:  # noqa: ARG002
        """200 once everything is committed."""
        taken = self.take(read(self.request.data, self.caller))
        return Response({"id": str(taken.id)})


class ResendBatchView(ResendView):
    """`POST /emails/batch`: all or nothing, or with `x-batch-validation: permissive` what can be sent."""

    required_scope = {"POST": "messages.send"}

    def post(self, request: Request) -> Response:
        """200 once everything is committed."""
        bodies = request.data if isinstance(request.data, list) else []
        if not 0 < len(bodies) <= MAX_BATCH:
            raise BadSubmission("bad_message")
        results = desk.take_bodies(bodies, self.caller, read)
        good = [result for result in results if not isinstance(result, RelayError)]
        errors = [
            {"index": index, "message": message_of(result)}
            for index, result in enumerate(results)
            if isinstance(result, RelayError)
        ]
        permissive = request.headers.get("x-batch-validation", "").lower() == "permissive"
        if errors and not permissive:
            transaction.set_rollback(True)
            raise next(result for result in results if isinstance(result, RelayError))
        document: dict[str, Any] = {"data": [{"id": str(taken.id)} for taken in good]}
        return Response(document | ({"errors": errors} if errors else {}))


class ResendEmailView(ResendView):
    """`GET /emails/{id}`, `PATCH /emails/{id}`."""

    required_scope = {"GET": "messages.read", "HEAD": "messages.read", "PATCH": "messages.send"}

    def get(self, request: Request, submission: str) -> Response:  # noqa: ARG002
        """The mail and what became of it last."""
        found = id_of(submission)
        return Response({"id": str(found), **email_document(self.document(found), timezone.now())})

    def patch(self, request: Request, submission: str) -> Response:
        """Another time to send."""
        found = id_of(submission)
        data = request.data if isinstance(request.data, dict) else {}
        when = moment_of(str(data["scheduled_at"])) if "scheduled_at" in data else None
        desk.reschedule(found, checked_time(when) or timezone.now(), self.caller)
        return Response({"object": "email", "id": str(found)})


class ResendCancelView(ResendView):
    """`POST /emails/{id}/cancel`."""

    required_scope = {"POST": "messages.send"}

    def post(self, request: Request, submission: str) -> Response:  # noqa: ARG002
        """What waits is cancelled."""
        found = id_of(submission)
        desk.cancel(found, self.caller)
        return Response({"object": "email", "id": str(found)})


def id_of(text: str) -> UUID:
    """The id as a UUID or as `em_…`; raises NotFound."""
    if text.startswith("em_"):
        return submission_id_of(text)
    try:
        found = UUID(text)
    except ValueError as error:
        raise NotFound from error
    if str(found) != text.lower():
        raise NotFound
    return found


def read(body: Any, caller: Caller) -> SubmissionSpec:
    """The spec of one body; raises RelayError."""
    return spec_of(checked(_EMAIL, body), caller)
