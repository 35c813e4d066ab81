"""Webhooks by the API: made, changed, tested, replayed, and their calls read."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.audit import SYSTEM
from accounts.models import Tenant
from accounts.services.api_keys import issue_key
from relay_saas.net.signature import key_of

URL = "https://hooks.example.com/mail"
Ask = Callable[..., dict[str, Any]]


@pytest.fixture
def ask(tenant: Tenant) -> Ask:
    """`ask(method, path, body, status)` with a key for webhooks."""
    scopes = ["webhooks.read", "webhooks.write"]
    secret = issue_key(tenant_id=tenant.pk, name="k", scopes=scopes, actor=SYSTEM)[1]
    client = Client(headers={"Authorization": f"Bearer {secret}"})

    def call(method: str, path: str, body: dict[str, Any] | None = None, status: int = 200) -> dict[str, Any]:
        given = {} if body is None else {"data": body, "content_type": "application/json"}
        response = getattr(client, method)(f"/api/v1/webhooks{path}", **given)
        assert response.status_code == status, response.content
        answer: dict[str, Any] = response.json() if response.content else {}
        return answer

    return call


def test_an_endpoint_is_made_with_its_secret_and_read_without_it(ask: Ask) -> None:
    body = {"url": URL, "types": ["bounced"], "streams": ["transactional"], "batch": 5}
    made = ask("post", "", body, 201)
    assert len(key_of(made["secret"])) == 32
    read = ask("get", f"/{made['id']}")
    assert "secret" not in read
    assert (read["types"], read["streams"], read["batch"], read["state"]) == (
        ["bounced"],
        ["transactional"],
        5,
        "active",
    )
    assert [one["id"] for one in ask("get", "")["data"]] == [made["id"]]


def test_what_is_not_named_stays(ask: Ask) -> None:
    made = ask("post", "", {"url": URL, "types": ["bounced"], "streams": ["marketing"]}, 201)
    changed = ask("patch", f"/{made['id']}", {"description": "Shop"})
    assert (changed["description"], changed["types"]) == ("Shop", ["bounced"])
    assert changed["streams"] == ["marketing"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"url": "https://127.0.0.1/"}, "private_address"),
        ({"url": "http://example.com/"}, "plain_http"),
        ({"url": "https://example.com:25/"}, "bad_port"),
        ({"url": URL, "types": ["nothing"]}, "validation_failed"),
        ({"url": URL, "batch": "5"}, "validation_failed"),
        ({"url": URL, "more": 1}, "validation_failed"),
        ({}, "validation_failed"),
    ],
)
def test_what_is_wrong_is_refused_with_a_code(ask: Ask, body: dict[str, Any], code: str) -> None:
    answer = ask("post", "", body, 400 if code == "validation_failed" else 422)
    assert answer["code"] in {code, "invalid"}


def test_a_test_is_a_call_that_can_be_read_and_made_again(ask: Ask) -> None:
    made = ask("post", "", {"url": URL}, 201)
    call = ask("post", f"/{made['id']}/test", {"type": "bounced"}, 202)
    assert (call["types"], call["state"], call["origin"]) == (["bounced"], "waiting", "test")
    read = ask("get", f"/{made['id']}/calls/{call['id']}")
    assert '"test":true' in read["body"]
    assert ask("get", f"/{made['id']}/calls?state=waiting")["data"][0]["id"] == call["id"]
    assert ask("get", f"/{made['id']}/calls?state=failed")["data"] == []
    ask("post", f"/{made['id']}/calls/{call['id']}/resend", {}, 202)
    ask("get", f"/{made['id']}/calls?state=x", status=400)


def test_pause_enable_secret_replay_and_end(ask: Ask) -> None:
    made = ask("post", "", {"url": URL}, 201)
    assert ask("post", f"/{made['id']}/pause", {})["state"] == "paused"
    assert ask("post", f"/{made['id']}/enable", {"missed": False})["state"] == "active"
    assert ask("post", f"/{made['id']}/secret", {})["secret"] != made["secret"]
    hour = {"since": "2026-11-24T09:00:00Z", "until": "2026-11-24T10:00:00Z"}
    ask("post", f"/{made['id']}/replays", hour, 202)
    ask("post", f"/{made['id']}/replays", {"since": hour["until"], "until": hour["since"]}, 422)
    ask("delete", f"/{made['id']}", status=204)
    ask("get", f"/{made['id']}", status=404)
