"""The webhook calls that told of one message."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from accounts.tenancy import tenant_scope
from tracking.models import WebhookCall, WebhookEndpoint

MOST = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageCall:
    """A call and the address that it goes to; "" where the endpoint is gone."""

    call: WebhookCall
    url: str


def calls_of_message(*, tenant_id: UUID, message_id: UUID) -> Sequence[MessageCall]:
    """The first calls about it, oldest first; calls that carry several messages' events are not among them.
    Two queries."""
    with tenant_scope(tenant_id):
        found = WebhookCall.objects.filter(message_id=message_id).defer("body")
        calls = list(found.order_by("created_at", "id")[:MOST])
        wanted = {call.endpoint_id for call in calls}
        urls = dict(WebhookEndpoint.objects.filter(pk__in=wanted).values_list("pk", "url")) if wanted else {}
    return [MessageCall(call=call, url=urls.get(call.endpoint_id, "")) for call in calls]
