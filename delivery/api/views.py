"""Routes of the mail API: accept mail, say what became of it, cancel it or put it off."""

from collections.abc import Mapping
from typing import Any, ClassVar, Final
from uuid import UUID

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.repeats import HEADER as IDEMPOTENCY_KEY
from accounts.api.views import JsonApiView
from delivery.api import desk
from delivery.api.documents import (
    item_document,
    line_document,
    simulated_document,
    simulated_line,
    submission_document,
    taken_document,
)
from delivery.api.parameters import submission_id_of
from delivery.api.reading import checked
from delivery.api.serializers import (
    MAX_BATCH,
    STREAMS,
    BatchSerializer,
    EmailSerializer,
    RescheduleSerializer,
)
from delivery.api.shapes import BatchDocument, EmailDocument, EmailLineDocument, TakenEmailDocument
from delivery.api.specs import Caller, checked_time, spec_of
from delivery.models.stream import Stream
from delivery.selectors.sent import Wanted, contents_of, simulated, submissions
from delivery.selectors.submissions import find_submission
from delivery.services.simulation import find_simulated
from delivery.services.submission_spec import SubmissionSpec
from relay_saas.web.api_operation import (
    PAGING,
    Operation,
    Parameter,
    address,
    choice,
    example_id,
    moment,
    page_shape,
)
from relay_saas.web.api_paging import open_cursor, page_size, seal_cursor
from relay_saas.web.api_query import read_address, read_time, read_word
from relay_saas.web.api_versions import single
from relay_saas.web.json_body import BulkJsonParser
from relay_saas.web.paging import page_of
from relay_saas.web.request_id import request_id

#: Every route of the API is one of these.
MailApiView = JsonApiView
#: Made once: it keeps nothing of a request, and a copy of all its fields costs more than the reading.
_EMAIL: Final = EmailSerializer()
EXAMPLES: Final[Mapping[str, Any]] = {
    "Text and HTML": {
        "from": "Acme <orders@news.example.com>",
        "to": ["山田太郎 <taro@example.jp>"],
        "subject": "ご注文ありがとうございます",
        "text": "ご注文番号 17 を承りました。",
        "html": "<p>ご注文番号 17 を承りました。</p>",
        "tags": ["order"],
        "metadata": {"order": "17"},
    },
    "A template, filled in": {
        "from": "orders@news.example.com",
        "to": "taro@example.jp",
        "subject": "Order {{ order }}",
        "template": {"id": example_id("tpl"), "variables": {"order": "17", "email": "taro@example.jp"}},
    },
    "With a file, tomorrow": {
        "from": {"email": "orders@news.example.com", "name": "Acme"},
        "to": [{"email": "taro@example.jp", "name": "山田太郎"}],
        "reply_to": "support@news.example.com",
        "subject": "Your receipt",
        "text": "It is attached.",
        "attachments": [
            {"filename": "receipt.txt", "content_type": "text/plain", "content": "VG90YWw6IDEsMjAwIHllbgo="}
        ],
        "scheduled_at": "2026-11-25T09:00:00+09:00",
    },
    "About a topic": {
        "from": "Acme <news@news.example.com>",
        "to": ["taro@example.jp"],
        "subject": "What is new",
        "text": "Leave this list: {{ unsubscribe_url }}",
        "topic": example_id("lst"),
    },
}
_REFUSALS = {
    "bad_message": 422,
    "domain_not_verified": 422,
    "domain_of_another_stream": 422,
    "template_not_rendered": 422,
    "sender_not_allowed": 403,
    "no_egress": 503,
}


class SendingView(JsonApiView):
    """A route that test keys may use: what they send is only simulated."""

    simulates = True
    tag = "Emails"
    path_ids = {"submission": "em"}

    @property
    def caller(self) -> Caller:
        """Whose request it is."""
        return Caller(key=self.key, request_id=request_id(self.request))

    def document(self, submission_id: UUID) -> dict[str, Any]:
        """One mail with its copies; raises NotFound."""
        if self.key.test:
            mail = find_simulated(tenant_id=self.tenant_id, mail_id=submission_id)
            return simulated_document(mail, timezone.now())
        return submission_document(find_submission(tenant_id=self.tenant_id, submission_id=submission_id))


class SingleSends(SendingView):
    """A route whose POST takes one mail; without an `Idempotency-Key` it shares a transaction with others."""

    def in_one_transaction(self, request: Request) -> bool:
        """A name's answer is kept with its mail."""
        return request.method != "POST" or IDEMPOTENCY_KEY in request.headers

    def take(self, spec: SubmissionSpec) -> desk.Taken:
        """It is committed once the answer leaves; raises RelayError."""
        return desk.take(spec, self.caller) if self.inside else desk.take_with_others(spec, self.caller)


class EmailsView(SingleSends):
    """`POST /emails`, `GET /emails`."""

    required_scope = {"POST": "messages.send", "GET": "messages.read", "HEAD": "messages.read"}
    parameters: ClassVar[Mapping[str, Parameter]] = {
        **PAGING,
        "stream": choice("Mail of this stream.", STREAMS),
        "tag": Parameter(says="Mail with this tag."),
        "to": address("Mail to this address."),
        "created_after": moment("Accepted at this moment or later."),
        "created_before": moment("Accepted before this moment."),
    }
    operations = {
        "GET": Operation(says="List accepted mail", answer=page_shape(EmailLineDocument)),
        "POST": Operation(
            says="Send a mail",
            more="Accepted with 202 once everything is on disk.",
            body=EmailSerializer,
            answer=TakenEmailDocument,
            status=202,
            examples=EXAMPLES,
            refusals=_REFUSALS,
        ),
    }

    def post(self, request: Request) -> Response:  # noqa: ARG002
        """202 once everything is committed: the scope closes before the answer leaves."""
        spec = spec_of(checked_body(self.request.data), self.caller)
        return Response(taken_document(self.take(spec)), status=202)

    def get(self, request: Request) -> Response:
        """One page."""
        wanted = _wanted(request)
        after = request.query_params.get("after")
        name = "emails-test" if self.key.test else "emails"
        cursor = None if after is None else open_cursor(name, after)
        rows: Any = (simulated if self.key.test else submissions)(tenant_id=self.tenant_id, wanted=wanted)
        page: Any = page_of(rows, order=["-id"], cursor=cursor, size=page_size(request.query_params))
        if self.key.test:
            lines = [simulated_line(mail) for mail in page.items]
        else:
            contents = contents_of(tenant_id=self.tenant_id, rows=page.items)
            lines = [line_document(row, contents.get(row.content_id)) for row in page.items]
        following = seal_cursor(name, page.next_cursor) if page.next_cursor else None
        return Response({"data": lines, "next": following})


def _wanted(request: Request) -> Wanted:
    query = request.query_params
    stream = read_word(query, "stream", STREAMS)
    recipient = read_address(query, "to")
    return Wanted(
        stream=None if stream is None else Stream(STREAMS[stream]),
        tag=query.get("tag"),
        recipient=None if recipient is None else recipient.key,
        since=read_time(query, "created_after"),
        before=read_time(query, "created_before"),
    )


class EmailBatchView(SendingView):
    """`POST /emails/batch`."""

    parser_classes = [BulkJsonParser]
    required_scope = {"POST": "messages.send"}
    operations = {
        "POST": Operation(
            says=f"Send up to {MAX_BATCH} mails",
            more="Every item has its own answer: what is wrong with one holds no other up.",
            body=BatchSerializer,
            answer=BatchDocument,
            examples={"Two mails": {"emails": list(EXAMPLES.values())[:2]}},
            refusals={"no_egress": 503},
        )
    }

    def post(self, request: Request) -> Response:  # noqa: ARG002
        """200 once everything that was taken is committed."""
        bodies = self.body(BatchSerializer)["emails"]
        results = desk.take_bodies(bodies, self.caller, self.read)
        lines = [item_document(result, f"/emails/{index}") for index, result in enumerate(results)]
        return Response({"data": lines})

    @staticmethod
    def read(body: Any, caller: Caller) -> Any:
        """The spec of one item; raises RelayError."""
        return spec_of(checked_body(body), caller)


def checked_body(body: Any) -> dict[str, Any]:
    """A valid body; raises RelayError."""
    return checked(_EMAIL, body)


class EmailView(SendingView):
    """`GET /emails/{id}`, `PATCH /emails/{id}`."""

    required_scope = {"GET": "messages.read", "HEAD": "messages.read", "PATCH": "messages.send"}
    operations = {
        "GET": Operation(says="Read a mail", answer=EmailDocument, versioned=True),
        "PATCH": Operation(
            says="Put a mail off",
            body=RescheduleSerializer,
            whole=True,
            answer=EmailDocument,
            examples={"Until tomorrow": {"scheduled_at": "2026-11-25T09:00:00+09:00"}},
            refusals={"nothing_waits": 409, "bad_message": 422},
        ),
    }

    def get(self, request: Request, submission: str) -> Response:
        """The submission and where each copy stands; an unknown id answers like a foreign one."""
        return single(request, self.document(submission_id_of(submission)))

    def patch(self, request: Request, submission: str) -> Response:  # noqa: ARG002
        """The mail with its new time."""
        found = submission_id_of(submission)
        wanted = self.body(RescheduleSerializer)["scheduled_at"]
        desk.reschedule(found, checked_time(wanted) or timezone.now(), self.caller)
        return Response(self.document(found))


class EmailCancelView(SendingView):
    """`POST /emails/{id}/cancel`."""

    required_scope = {"POST": "messages.send"}
    operations = {
        "POST": Operation(
            says="Cancel a mail",
            more="The copies that wait. What is on its way at this moment goes on.",
            answer=EmailDocument,
            refusals={"nothing_waits": 409},
        )
    }

    def post(self, request: Request, submission: str) -> Response:  # noqa: ARG002
        """The mail as it stands now."""
        found = submission_id_of(submission)
        desk.cancel(found, self.caller)
        return Response(self.document(found))
