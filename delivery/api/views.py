"""Routes of the mail API: accept a message, say what became of it."""

from typing import cast

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.views import JsonApiView
from accounts.services.api_keys import AuthenticatedKey
from delivery.api.documents import accepted_document, submission_document
from delivery.api.parameters import submission_id_of
from delivery.api.serializers import EmailSerializer, spec_of
from delivery.selectors.submissions import find_submission
from delivery.services.submission import submit
from relay_saas.web.request_id import request_id

#: Every route of the API is one of these.
MailApiView = JsonApiView


class EmailsView(MailApiView):
    """`POST /emails`."""

    required_scope = {"POST": "messages.send"}

    def post(self, request: Request) -> Response:
        """202 once everything is committed: the scope closes before the answer leaves."""
        body = EmailSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        key = cast("AuthenticatedKey", request.auth)
        spec = spec_of(body.validated_data, api_key_id=key.key_id, request_id=request_id(request))
        return Response(accepted_document(submit(tenant_id=self.tenant_id, spec=spec)), status=202)


class EmailView(MailApiView):
    """`GET /emails/{id}`."""

    required_scope = {"GET": "messages.read", "HEAD": "messages.read"}

    def get(self, request: Request, submission: str) -> Response:  # noqa: ARG002
        """The submission and where each copy stands; an unknown id answers like a foreign one."""
        found = find_submission(tenant_id=self.tenant_id, submission_id=submission_id_of(submission))
        return Response(submission_document(found))
