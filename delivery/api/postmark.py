"""`/postmark/email…`: Postmark's sending API, so that its clients move by changing address and token."""

from typing import Any, Final

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.authentication import ApiKeyAuthentication
from accounts.api.repeats import Repeated
from delivery.api import desk
from delivery.api.desk import Taken
from delivery.api.postmark_bodies import PostmarkBatch, PostmarkEmail, inactive, refusal, spec_of
from delivery.api.reading import checked
from delivery.api.serializers import MAX_BATCH
from delivery.api.specs import Caller
from delivery.api.views import SendingView
from delivery.services.submission_spec import SubmissionSpec
from relay_saas.web.errors import RelayError, translated
from relay_saas.web.json_body import BulkListParser

_EMAIL: Final = PostmarkEmail()
TOKEN = "X-Postmark-Server-Token"  # noqa: S105 - the header's name
_TOO_MANY = {"ErrorCode": 410, "Message": f"A batch has at most {MAX_BATCH} messages."}


class ServerToken(ApiKeyAuthentication):
    """A key of ours in Postmark's header."""

    def secret_of(self, request: Request) -> str:
        """What the header holds."""
        return str(request.headers.get(TOKEN, ""))


class PostmarkView(SendingView):
    """A door that answers in Postmark's words."""

    authentication_classes = [ServerToken]
    parser_classes = [BulkListParser]
    required_scope = {"POST": "messages.send"}
    schema = None

    def handle_exception(self, exc: Exception) -> Response:
        """A refusal in Postmark's shape."""
        error = translated(exc)
        if isinstance(exc, Repeated) or error is None:
            return super().handle_exception(exc)
        data = getattr(self.request, "_full_data", None)
        status, document = refusal(error, data)
        return Response(document, status=status, headers=error.headers)


class PostmarkEmailView(PostmarkView):
    """`POST /email`, `POST /email/withTemplate`."""

    def post(self, request: Request) -> Response:  # noqa: ARG002
        """200 once everything is committed; 422 where nobody would get it."""
        taken = desk.take(read(self.request.data, self.caller), self.caller)
        document = _document(taken, self.request.data)
        return Response(document, status=422 if document["ErrorCode"] else 200)


class PostmarkBatchView(PostmarkView):
    """`POST /email/batch` (a list), `POST /email/batchWithTemplates` (`{"Messages": […]}`)."""

    def post(self, request: Request) -> Response:
        """200 with one answer for each."""
        data = request.data
        bodies = data if isinstance(data, list) else self.body(PostmarkBatch)["Messages"]
        if len(bodies) > MAX_BATCH:
            return Response(_TOO_MANY, status=422)
        results = desk.take_bodies(bodies, self.caller, read)
        return Response([_line(result, body) for result, body in zip(results, bodies, strict=True)])


def read(body: Any, caller: Caller) -> SubmissionSpec:
    """The spec of one body; raises RelayError."""
    return spec_of(checked(_EMAIL, body), caller)


def _line(result: Taken | RelayError, body: Any) -> dict[str, Any]:
    return refusal(result, body)[1] if isinstance(result, RelayError) else _document(result, body)


def _document(taken: Taken, body: Any) -> dict[str, Any]:
    dead = taken.suppressed
    if dead and len(dead) == len(taken.copies):
        found = f"You tried to send to a recipient that has been marked as inactive. Found {inactive(dead)}"
        return {"ErrorCode": 406, "Message": found}
    said = f"Message OK, but will not deliver to these {inactive(dead)}" if dead else "OK"
    return {
        "To": body.get("To") or "",
        "Cc": body.get("Cc") or "",
        "Bcc": body.get("Bcc") or "",
        "SubmittedAt": timezone.now().isoformat(),
        "MessageID": str(taken.id),
        "ErrorCode": 0,
        "Message": said,
    }
