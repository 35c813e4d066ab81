"""Calls that a person asks for: one once more, a stretch of time once more, a test."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from accounts import audit
from accounts.audit import Actor
from accounts.models.tenant import new_id
from accounts.tenancy import tenant_scope
from relay_saas.mail.ids import format_id
from relay_saas.web.errors import NotFound
from tracking.exceptions import BadReplay, BadWebhook
from tracking.models import WebhookCall, WebhookEndpoint, WebhookReplay
from tracking.selectors.event_samples import sample_body
from tracking.selectors.event_words import LABELS
from tracking.services.event_feed import number_before
from tracking.services.webhooks import locked


def resend(*, tenant_id: UUID, endpoint_id: int, call_id: UUID, actor: Actor) -> WebhookCall:
    """Makes a call once more, with the same id and body. Raises NotFound."""
    with tenant_scope(tenant_id):
        endpoint = locked(endpoint_id)
        call = (
            WebhookCall.objects.select_for_update()
            .filter(tenant_id=tenant_id, endpoint_id=endpoint_id, id=call_id)
            .first()
        )
        if call is None:
            raise NotFound
        call.state, call.urgent, call.done_at = WebhookCall.State.WAITING, True, None
        call.next_attempt_at = timezone.now()
        call.save(update_fields=["state", "urgent", "done_at", "next_attempt_at"])
        changes: dict[str, object] = {"call": format_id("call", call.id)}
        audit.record(tenant_id=tenant_id, actor=actor, verb="resent", subject=endpoint, changes=changes)
    return call


def replay(
    *, tenant_id: UUID, endpoint_id: int, since: datetime, until: datetime, actor: Actor
) -> WebhookReplay:
    """The events between two instants once more, as its filters choose. Raises NotFound, BadReplay."""
    now = timezone.now()
    until = min(until, now)
    if since >= until:
        raise BadReplay
    with tenant_scope(tenant_id):
        endpoint = locked(endpoint_id)
        made = WebhookReplay.objects.create(
            tenant_id=tenant_id,
            endpoint=endpoint,
            position=number_before(tenant_id=tenant_id, at=since),
            last=number_before(tenant_id=tenant_id, at=until),
            since=since,
            until=until,
        )
        changes: dict[str, object] = {"since": since.isoformat(), "until": until.isoformat()}
        audit.record(tenant_id=tenant_id, actor=actor, verb="replayed", subject=endpoint, changes=changes)
    return made


def send_test(
    *, tenant_id: UUID, endpoint_id: int, actor: Actor, event_type: str = "webhook.test"
) -> WebhookCall:
    """A call with an example; made also while the endpoint is off. Raises NotFound, BadWebhook."""
    if event_type not in LABELS:
        raise BadWebhook
    with tenant_scope(tenant_id):
        endpoint = locked(endpoint_id)
        call = _test_call(endpoint, event_type)
        changes: dict[str, object] = {"type": event_type}
        audit.record(tenant_id=tenant_id, actor=actor, verb="tested", subject=endpoint, changes=changes)
    return call


def _test_call(endpoint: WebhookEndpoint, event_type: str) -> WebhookCall:
    now = timezone.now()
    number = new_id()
    webhook_id = format_id("evt", number)
    columns: dict[str, Any] = {
        "tenant_id": endpoint.tenant_id,
        "id": number,
        "endpoint_id": endpoint.pk,
        "origin": WebhookCall.Origin.TEST,
        "webhook_id": webhook_id,
        "types": [event_type],
        "body": sample_body(endpoint.format, event_type, webhook_id, now),
        "urgent": True,
        "next_attempt_at": now,
        "created_at": now,
    }
    return WebhookCall.objects.create(**columns)
