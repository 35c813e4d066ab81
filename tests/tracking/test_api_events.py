"""The events of a submission: what servers answered and what people did, in one line of time."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.audit import SYSTEM
from accounts.models import SendingDomain
from accounts.services.api_keys import issue_key
from accounts.services.tenants import create_tenant
from accounts.tenancy import tenant_scope
from relay_saas.mail.ids import parse_id
from tracking.services.record import RECORD_SQL, Engaged, record_parameters


@pytest.fixture
def call(db: None, settings: Settings) -> Any:
    """Calls the API of an organization that may send."""
    settings.RELAY_EGRESS = ["shared:127.30.0.1:mx1.relay.test"]
    tenant = create_tenant(slug="acme", name="Acme", actor=SYSTEM)
    with tenant_scope(tenant.pk):
        SendingDomain.objects.create(
            tenant_id=tenant.pk, name="news.acme.test", label="abc", state=SendingDomain.State.VERIFIED
        )
    scopes = ["messages.send", "messages.read"]
    secret = issue_key(tenant_id=tenant.pk, name="shop", scopes=scopes, actor=SYSTEM)[1]
    client = Client(headers={"Authorization": f"Bearer {secret}"})

    def call(method: str, url: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        data = {"data": json.dumps(body), "content_type": "application/json"} if body else {}
        response = getattr(client, method)(f"/api/v1{url}", **data)
        assert response.status_code < 300, response.content
        answer: dict[str, Any] = response.json()
        return answer

    call.tenant = tenant  # type: ignore[attr-defined]
    return call


def test_a_click_stands_behind_the_acceptance_with_who_did_it(call: Any) -> None:
    body = {"from": "a@news.acme.test", "to": ["taro@gmail.test"], "subject": "x", "text": "y"}
    accepted = call("post", "/emails", body)
    message = accepted["messages"][0]["id"]
    clicked = Engaged(
        message_id=parse_id("msg", message),
        kind="clicked",
        at=timezone.now() + timedelta(seconds=5),
        link_index=2,
        machine=True,
        reason="scanner",
        user_agent="bot",
    )
    with tenant_scope(call.tenant.pk), connection.cursor() as cursor:
        cursor.execute(RECORD_SQL, record_parameters(call.tenant.pk, [clicked]))
    answer = call("get", f"/emails/{accepted['id']}/events")
    assert [event["type"] for event in answer["events"]] == ["queued", "clicked"]
    told = answer["events"][1]
    assert (told["message"], told["link"], told["machine"], told["reason"]) == (message, 2, True, "scanner")
    assert answer["has_more"] is False


def test_the_limit_counts_both_kinds(call: Any) -> None:
    body = {"from": "a@news.acme.test", "to": ["taro@gmail.test"], "subject": "x", "text": "y"}
    accepted = call("post", "/emails", body)
    message_id = parse_id("msg", accepted["messages"][0]["id"])
    opens = [Engaged(message_id=message_id, kind="opened", at=timezone.now()) for _ in range(3)]
    with tenant_scope(call.tenant.pk), connection.cursor() as cursor:
        cursor.execute(RECORD_SQL, record_parameters(call.tenant.pk, opens))
    answer = call("get", f"/emails/{accepted['id']}/events?limit=2")
    assert [event["type"] for event in answer["events"]] == ["queued", "opened"]
    assert answer["has_more"] is True
