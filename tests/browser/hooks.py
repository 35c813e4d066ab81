"""What the pages of webhooks show in the browser tests: one that works, one that was disabled, calls."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
from django.conf import settings
from django.utils import timezone

from accounts.audit import Actor
from accounts.models import Tenant, User
from accounts.models.tenant import new_id
from accounts.tenancy import tenant_scope
from tests.browser.story import HOSTILE
from tracking.models import WebhookCall, WebhookEndpoint
from tracking.selectors.event_samples import sample_body
from tracking.services.webhooks import WebhookDraft, create_webhook, rotate_secret

_ATTEMPT = """
insert into tracking_webhookattempt (tenant_id, call_id, number, milliseconds, address, request_headers,
  status, error, detail, response_headers, response_body, response_cut)
values (%s, %s, %s, %s, '203.0.113.80', %s, %s, %s, %s, %s, %s, %s)
"""
_HOUR = """
insert into tracking_webhookhour (tenant_id, endpoint_id, hour, succeeded, failed, milliseconds)
values (%s, %s, date_trunc('hour', now(), 'UTC'), 48210, 37, 3900000)
"""
_REQUEST = (
    "POST /hooks/mail HTTP/1.1\nHost: shop.hinode.example\nContent-Type: application/json\n"
    "webhook-id: evt_01fy3apbk6qjy5vkp8ane0gbm1\nwebhook-timestamp: 1764000000\n"
    "webhook-signature: v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4="
)


def fill(tenant: Tenant, owner: User) -> None:
    """Everything, as the owner and the courier would have done it."""
    actor = Actor(name=owner.email, user_id=owner.pk, address="203.0.113.5")
    busy = WebhookDraft(
        url="https://shop.hinode.example/hooks/mail/with/a/rather/long/path?shop=tokyo",
        description="オンラインショップの顧客管理",
        types=["delivered", "bounced", "complained", "unsubscribed"],
        tags=["order", "注文"],
        batch=20,
    )
    working = create_webhook(tenant_id=tenant.pk, draft=busy, actor=actor)[0]
    rotate_secret(tenant_id=tenant.pk, endpoint_id=working.pk, actor=actor)
    dead = WebhookDraft(url="https://old.hinode.example/hook", description=HOSTILE[:100], mode="test")
    gone = create_webhook(tenant_id=tenant.pk, draft=dead, actor=actor)[0]
    with tenant_scope(tenant.pk):
        WebhookEndpoint.objects.filter(pk=working.pk).update(last_success_at=timezone.now())
        since = timezone.now() - timedelta(days=5)
        WebhookEndpoint.objects.filter(pk=gone.pk).update(
            state="disabled", reason="failing", failures=92, failing_since=since, last_error="timeout"
        )
        calls = [_call(working, kind, state) for kind, state in _STATES]
    with psycopg.connect(settings.DATABASE_DISPATCH_URL) as dispatch:
        dispatch.execute(_HOUR, [tenant.pk, working.pk])
        for call_id in calls:
            _attempt(dispatch, tenant.pk, call_id, 1, 500, "", f"<h1>Fehler</h1>{HOSTILE}")
            _attempt(dispatch, tenant.pk, call_id, 2, None, "timeout", "")


_STATES = (
    ("delivered", WebhookCall.State.DELIVERED),
    ("complained", WebhookCall.State.FAILED),
    ("bounced", WebhookCall.State.WAITING),
)


def _call(endpoint: WebhookEndpoint, kind: str, state: str) -> UUID:
    now = timezone.now()
    columns: dict[str, Any] = {
        "id": new_id(),
        "endpoint_id": endpoint.pk,
        "origin": WebhookCall.Origin.EVENT,
        "webhook_id": "evt_01fy3apbk6qjy5vkp8ane0gbm1",
        "types": [kind],
        "body": json.dumps(json.loads(sample_body("standard", kind, "evt_1", now)), ensure_ascii=False),
        "state": state,
        "attempts": 2,
        "last_status": 200 if state == WebhookCall.State.DELIVERED else None,
        "last_error": "" if state == WebhookCall.State.DELIVERED else "timeout",
        "next_attempt_at": now + timedelta(minutes=2),
        "created_at": now,
    }
    return WebhookCall.objects.create(tenant_id=endpoint.tenant_id, **columns).id


def _attempt(
    dispatch: psycopg.Connection, tenant_id: UUID, call_id: UUID, number: int, status: int | None, error: str,
    answer: str,
) -> None:  # fmt: skip
    headers = "content-type: text/html\nserver: nginx" if status else ""
    dispatch.execute(
        _ATTEMPT,
        [tenant_id, call_id, number, 84, _REQUEST, status, error, "", headers, answer, bool(status)],
    )
