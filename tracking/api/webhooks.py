"""`/webhooks`: endpoints, their secrets, their calls."""

from typing import Any
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.views import JsonApiView, created
from relay_saas.mail.ids import BadId, parse_id
from relay_saas.web.api_operation import PAGING, Operation, choice, page_shape, scopes
from relay_saas.web.api_paging import list_page
from relay_saas.web.api_versions import check_match, single
from relay_saas.web.errors import NotFound
from relay_saas.web.prefixed import number_of, public_id
from tracking.api.webhook_shapes import (
    STREAMS,
    CallDetailDocument,
    CallDocument,
    EnableBody,
    NewWebhookDocument,
    ReplayBody,
    ReplayDocument,
    TestBody,
    WebhookBody,
    WebhookDocument,
)
from tracking.models import WebhookCall, WebhookEndpoint
from tracking.selectors.webhooks import attempts_of, call_of, endpoint_of
from tracking.services import webhook_calls, webhooks
from tracking.services.webhooks import WebhookDraft

_BAD = {"bad_url": 422, "bad_webhook": 422}
EXAMPLE = {"url": "https://example.com/hooks/mail", "types": ["delivered", "bounced", "complained"]}


class WebhookApiView(JsonApiView):
    """The base: what all of them share."""

    tag = "Webhooks"
    path_ids = {"webhook": "whk", "call": "call"}
    required_scope = scopes("webhooks.read", "webhooks.write")

    def names(self, webhook: str) -> dict[str, Any]:
        """What services are told of the endpoint; raises NotFound."""
        return {"tenant_id": self.tenant_id, "endpoint_id": number_of("whk", webhook), "actor": self.actor}

    def find(self, webhook: str, *, lock: bool = False) -> WebhookEndpoint:
        """The endpoint; raises NotFound."""
        number = number_of("whk", webhook)
        if lock:
            return webhooks.locked(number)
        return endpoint_of(tenant_id=self.tenant_id, endpoint_id=number)


class WebhooksView(WebhookApiView):
    """All endpoints, and a new one."""

    parameters = {**PAGING}
    operations = {
        "GET": Operation(says="List webhooks", answer=page_shape(WebhookDocument)),
        "POST": Operation(
            says="Add a webhook",
            more="The answer alone holds the signing secret.",
            body=WebhookBody,
            answer=NewWebhookDocument,
            status=201,
            examples={"What becomes of mail": EXAMPLE},
            refusals={**_BAD, "too_many_webhooks": 409},
        ),
    }

    def get(self, request: Request) -> Response:
        """One page, newest first."""
        page = list_page(
            WebhookEndpoint.objects.filter(tenant_id=self.tenant_id),
            name="webhooks",
            order=("-id",),
            query=request.query_params,
            document=lambda row: WebhookDocument(row).data,
        )
        return Response(page)

    def post(self, request: Request) -> Response:
        """It hears of what happens from now on."""
        draft = draft_of(self.body(WebhookBody))
        endpoint, secret = webhooks.create_webhook(tenant_id=self.tenant_id, draft=draft, actor=self.actor)
        document = {**WebhookDocument(endpoint).data, "secret": secret}
        return created(request, document, f"/api/v1/webhooks/{public_id('whk', endpoint.pk)}")


class WebhookView(WebhookApiView):
    """One endpoint."""

    operations = {
        "GET": Operation(says="Read a webhook", answer=WebhookDocument, versioned=True),
        "PATCH": Operation(
            says="Change a webhook",
            body=WebhookBody,
            answer=WebhookDocument,
            examples={"Only orders": {"description": "Shop", "tags": ["order"]}},
            refusals=_BAD,
            versioned=True,
        ),
        "DELETE": Operation(says="Delete a webhook", status=204, versioned=True),
    }

    def get(self, request: Request, webhook: str) -> Response:
        """By id."""
        return single(request, WebhookDocument(self.find(webhook)).data)

    def patch(self, request: Request, webhook: str) -> Response:
        """What is not named stays."""
        given = self.body(WebhookBody, partial=True)
        found = self.find(webhook, lock=True)
        check_match(request, WebhookDocument(found).data)
        changed = webhooks.change_webhook(draft=draft_of(given, found), **self.names(webhook))
        return single(request, WebhookDocument(changed).data)

    def delete(self, request: Request, webhook: str) -> Response:
        """At once."""
        check_match(request, WebhookDocument(self.find(webhook, lock=True)).data)
        webhooks.delete_webhook(**self.names(webhook))
        return Response(status=204)


class WebhookSecretView(WebhookApiView):
    """A new secret."""

    operations = {
        "POST": Operation(
            says="Change the signing secret",
            more="For 24 hours calls carry the signatures of the old secret and of the new one.",
            answer=NewWebhookDocument,
        )
    }

    def post(self, request: Request, webhook: str) -> Response:  # noqa: ARG002
        """The answer alone holds it."""
        endpoint, secret = webhooks.rotate_secret(**self.names(webhook))
        return Response({**WebhookDocument(endpoint).data, "secret": secret})


class WebhookPauseView(WebhookApiView):
    """No more calls for now."""

    operations = {"POST": Operation(says="Pause a webhook", answer=WebhookDocument)}

    def post(self, request: Request, webhook: str) -> Response:  # noqa: ARG002
        """What happens meanwhile is kept for it."""
        return Response(WebhookDocument(webhooks.pause_webhook(**self.names(webhook))).data)


class WebhookEnableView(WebhookApiView):
    """Calls again."""

    operations = {
        "POST": Operation(
            says="Enable a webhook",
            more="Also one that was disabled after days of failure.",
            body=EnableBody,
            answer=WebhookDocument,
            examples={"With what it missed": {"missed": True}},
        )
    }

    def post(self, request: Request, webhook: str) -> Response:  # noqa: ARG002
        """With what it missed, or from now on."""
        missed = self.body(EnableBody).get("missed", True)
        return Response(WebhookDocument(webhooks.enable_webhook(missed=missed, **self.names(webhook))).data)


class WebhookTestView(WebhookApiView):
    """A call with an example."""

    operations = {
        "POST": Operation(
            says="Send a test",
            body=TestBody,
            answer=CallDocument,
            status=202,
            examples={"A bounce": {"type": "bounced"}},
            refusals={"bad_webhook": 422},
        )
    }

    def post(self, request: Request, webhook: str) -> Response:  # noqa: ARG002
        """It is made within seconds, also while the endpoint is off."""
        chosen = self.body(TestBody).get("type", "webhook.test")
        call = webhook_calls.send_test(event_type=chosen, **self.names(webhook))
        return Response(CallDocument(call).data, status=202)


class WebhookReplaysView(WebhookApiView):
    """Events of a stretch of time once more."""

    operations = {
        "POST": Operation(
            says="Replay events",
            more="Those between two moments that the webhook asks for, with the ids that they had.",
            body=ReplayBody,
            answer=ReplayDocument,
            status=202,
            examples={"An hour": {"since": "2026-11-24T09:00:00Z", "until": "2026-11-24T10:00:00Z"}},
            refusals={"bad_replay": 422},
        )
    }

    def post(self, request: Request, webhook: str) -> Response:  # noqa: ARG002
        """It begins within seconds."""
        given = self.body(ReplayBody)
        names = self.names(webhook)
        made = webhook_calls.replay(since=given["since"], until=given["until"], **names)
        return Response(ReplayDocument(made).data, status=202)


class WebhookCallsView(WebhookApiView):
    """The calls of an endpoint."""

    parameters = {**PAGING, "state": choice("Those in this state alone.", WebhookCall.State.values)}
    operations = {"GET": Operation(says="List calls of a webhook", answer=page_shape(CallDocument))}

    def get(self, request: Request, webhook: str) -> Response:
        """One page, newest first."""
        endpoint = self.find(webhook)
        rows = WebhookCall.objects.filter(tenant_id=self.tenant_id, endpoint_id=endpoint.pk).defer("body")
        state = request.query_params.get("state")
        page = list_page(
            rows if state is None else rows.filter(state=state),
            name=f"webhook_calls.{endpoint.pk}",
            order=("-id",),
            query=request.query_params,
            document=lambda row: CallDocument(row).data,
        )
        return Response(page)


class WebhookCallView(WebhookApiView):
    """One call."""

    operations = {
        "GET": Operation(says="Read a call", answer=CallDetailDocument, versioned=True),
    }

    def get(self, request: Request, webhook: str, call: str) -> Response:
        """What was sent, and what came back each time."""
        found = call_of(
            tenant_id=self.tenant_id, endpoint_id=number_of("whk", webhook), call_id=call_id(call)
        )
        found.tried = attempts_of(found)  # type: ignore[attr-defined]  # for the document alone
        return single(request, CallDetailDocument(found).data)


class WebhookResendView(WebhookApiView):
    """A call once more."""

    operations = {
        "POST": Operation(
            says="Make a call again", more="With the same id and body.", answer=CallDocument, status=202
        )
    }

    def post(self, request: Request, webhook: str, call: str) -> Response:  # noqa: ARG002
        """It is made within seconds."""
        made = webhook_calls.resend(call_id=call_id(call), **self.names(webhook))
        return Response(CallDocument(made).data, status=202)


def call_id(text: str) -> UUID:
    """The id in `call_…`; raises NotFound."""
    try:
        return parse_id("call", text)
    except BadId as error:
        raise NotFound from error


def draft_of(given: dict[str, Any], before: WebhookEndpoint | None = None) -> WebhookDraft:
    """What the body says, on top of what there is."""
    values = (
        given | {"streams": [STREAMS[name] for name in given["streams"]]} if "streams" in given else given
    )
    if before is not None:
        kept = ("url", "description", "types", "streams", "tags", "mode", "format", "batch")
        values = {name: getattr(before, name) for name in kept} | values
    return WebhookDraft(**values)
