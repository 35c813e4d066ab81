"""The mail API: accepted after commit, read back, and nothing of another tenant."""

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.utils import timezone

from accounts.audit import SYSTEM
from accounts.models import SendingDomain, Tenant
from accounts.services.api_keys import issue_key
from accounts.services.tenants import create_tenant
from accounts.tenancy import tenant_scope
from campaigns.models import Content, Suppression
from campaigns.services.suppression import suppress
from delivery.models import Attempt, AttemptState, Message, Reply, Submission
from relay_saas.mail.ids import format_id, parse_id

BODY = {
    "from": {"email": "shop@news.acme.test", "name": "Acme"},
    "to": [{"email": "taro@gmail.test", "name": "山田太郎"}],
    "subject": "ご注文 17",
    "text": "Thank you",
}
URL = "/api/v1/emails"


@pytest.fixture
def secret(tenant: Tenant) -> str:
    """A key of Acme with both scopes."""
    return key_of(tenant)


@pytest.fixture
def post(domain: SendingDomain, secret: str) -> Callable[..., Any]:
    """`post(**changes)` sends the usual body with changes; None removes a member."""

    def post(**changes: Any) -> Any:
        body = {name: value for name, value in (BODY | changes).items() if value is not None}
        return send(secret, json.dumps(body))

    return post


def key_of(tenant: Tenant, *scopes: str) -> str:
    wanted = scopes or ("messages.send", "messages.read")
    return issue_key(tenant_id=tenant.pk, name="shop", scopes=wanted, actor=SYSTEM)[1]


def send(secret: str, body: bytes | str, content_type: str = "application/json", **extra: Any) -> Any:
    return Client().post(URL, body, content_type=content_type, headers=bearer(secret) | extra)


def read(secret: str, url: str, **extra: str) -> Any:
    return Client().get(url, headers=bearer(secret) | extra)


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def problem(response: Any) -> tuple[int, str, list[tuple[str, str]]]:
    assert response["Content-Type"] == "application/problem+json"
    document = response.json()
    return (
        response.status_code,
        document["code"],
        [(error["pointer"], error["code"]) for error in document["errors"]],
    )


def test_a_message_is_accepted_with_its_ids(post: Callable[..., Any], tenant: Tenant) -> None:
    response = post()
    assert response.status_code == 202
    document = response.json()
    with tenant_scope(tenant.pk):
        submission, message = Submission.objects.get(), Message.objects.get()
    assert document == {
        "id": format_id("em", submission.pk),
        "messages": [{"id": format_id("msg", message.pk), "to": "taro@gmail.test", "status": "queued"}],
    }
    assert submission.channel == "api"
    assert submission.api_key_id is not None
    assert submission.request_id == response["X-Request-ID"]


def test_every_member_reaches_the_ledger(post: Callable[..., Any], tenant: Tenant) -> None:
    response = post(
        to=["a@one.test"],
        cc=[{"email": "b@one.test"}],
        bcc=["c@one.test"],
        reply_to="help@acme.test",
        html="<p>Hi</p>",
        headers=[{"name": "X-Order", "value": "17"}],
        attachments=[
            {"name": "a.txt", "content_type": "text/plain", "content": base64.b64encode(b"a").decode()}
        ],
        tags=["order"],
        metadata={"order": "17"},
        stream="marketing",
        track_clicks=False,
    )
    assert response.status_code == 202
    assert [message["to"] for message in response.json()["messages"]] == [
        "a@one.test",
        "b@one.test",
        "c@one.test",
    ]
    with tenant_scope(tenant.pk):
        submission, content = Submission.objects.get(), Content.objects.get()
    assert (submission.tags, submission.metadata, submission.cc) == (
        ["order"],
        {"order": "17"},
        ["b@one.test"],
    )
    assert (content.reply_to, content.headers) == ("help@acme.test", [["X-Order", "17"]])
    assert content.attachments[0]["content"] == "YQ=="
    assert (content.track_opens, content.track_clicks) == (True, False)


def test_a_submission_and_its_events_can_be_read(
    post: Callable[..., Any], secret: str, tenant: Tenant
) -> None:
    suppress(
        tenant_id=tenant.pk,
        email_key="gone@gmail.test",
        scope=Suppression.Scope.ALL,
        reason=Suppression.Reason.BOUNCED,
    )
    accepted = post(to=["taro@gmail.test", "gone@gmail.test"], tags=["order"]).json()
    assert [message["status"] for message in accepted["messages"]] == ["queued", "suppressed"]
    first = parse_id("msg", accepted["messages"][0]["id"])
    attempt(tenant, first, 1, AttemptState.DEFERRED, category="greylisted", code=451, enhanced="4.7.1")
    attempt(tenant, first, 2, AttemptState.DELIVERED, code=250, host="mx.gmail.test", reply="2.0.0 OK")
    found = read(secret, f"{URL}/{accepted['id']}").json()
    assert found["from"] == {"email": "shop@news.acme.test", "name": "Acme"}
    assert found["tags"] == ["order"]
    assert [message["status"] for message in found["messages"]] == ["delivered", "suppressed"]
    answer = read(secret, f"{URL}/{accepted['id']}/events").json()
    assert not answer["has_more"]
    events = [(event["type"], event["to"], event["reject_reason"]) for event in answer["events"]]
    assert events == [
        ("queued", "taro@gmail.test", None),
        ("rejected", "gone@gmail.test", "bounced"),
        ("deferred", "taro@gmail.test", None),
        ("delivered", "taro@gmail.test", None),
    ]
    last = answer["events"][-1]
    assert (last["code"], last["host"], last["reply"]) == (250, "mx.gmail.test", "2.0.0 OK")
    assert last["attempt"] == 2
    few = read(secret, f"{URL}/{accepted['id']}/events?limit=1").json()
    assert len(few["events"]) == 1
    assert few["has_more"]


def attempt(
    tenant: Tenant, message_id: UUID, number: int, state: AttemptState, reply: str = "", **values: Any
) -> None:
    with tenant_scope(tenant.pk):
        if reply:
            row = Reply.objects.create(tenant_id=tenant.pk, digest=reply.encode(), text=reply)
            values["reply_id"] = row.pk
        at = timezone.now() + timedelta(seconds=number)
        Attempt.objects.create(
            tenant_id=tenant.pk, message_id=message_id, number=number, state=state, at=at, **values
        )


@pytest.mark.parametrize("rest", ["", "/events"])
def test_a_foreign_id_answers_like_one_that_never_existed(post: Callable[..., Any], rest: str) -> None:
    ours = post().json()["id"]
    stranger = key_of(create_tenant(slug="globex", name="Globex", actor=SYSTEM))
    never = f"em_{'0' * 26}"
    same = {"X-Request-ID": "same-request-id"}
    foreign, absent, bad = (read(stranger, f"{URL}/{name}{rest}", **same) for name in (ours, never, "em_1"))
    assert foreign.status_code == 404
    assert foreign.content.replace(ours.encode(), b"ID") == absent.content.replace(never.encode(), b"ID")
    assert absent.content.replace(never.encode(), b"ID") == bad.content.replace(b"em_1", b"ID")
    assert foreign.headers.keys() == absent.headers.keys()
    assert problem(foreign)[1] == "not_found"


@pytest.mark.parametrize(("scope", "status"), [("messages.read", 403), ("messages.send", 202)])
def test_sending_needs_its_scope(tenant: Tenant, domain: SendingDomain, scope: str, status: int) -> None:
    assert send(key_of(tenant, scope), json.dumps(BODY)).status_code == status


@pytest.mark.parametrize(("scope", "status"), [("messages.send", 403), ("messages.read", 200)])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_reading_needs_its_scope(
    post: Callable[..., Any], tenant: Tenant, scope: str, status: int, method: str
) -> None:
    url = f"{URL}/{post().json()['id']}"
    assert Client().generic(method, url, headers=bearer(key_of(tenant, scope))).status_code == status


@pytest.mark.parametrize("secret_", ["", "rly_live_00000000_nonsense", "ü"])
def test_without_a_good_key_nothing_is_said(db: None, secret_: str) -> None:
    response = Client().post(URL, "{", content_type="application/json", headers=bearer(secret_))
    assert problem(response)[:2] == (401, "bad_api_key")
    assert response["WWW-Authenticate"] == 'Bearer realm="relay"'


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        ({"subjekt": "x"}, [("/subjekt", "unknown_field")]),
        ({"from": {"email": "a@news.acme.test", "admin": True}}, [("/from/admin", "unknown_field")]),
        ({"to": None}, [("/to", "required")]),
        ({"to": []}, [("/to", "empty")]),
        ({"to": 7}, [("/to", "not_a_list")]),
        ({"to": ["Acme, Inc. <taro@gmail.test>"]}, [("/to/0/email", "name_not_quoted")]),
        ({"scheduled_at": "2026-03-29T02:30:00"}, [("/scheduled_at", "moment")]),
        ({"scheduled_at": "0000-01-01T00:00:60Z"}, [("/scheduled_at", "moment")]),
        ({"attachments": [{"content": ""}]}, [("/attachments/0/name", "required")]),
        ({"to": [["taro@gmail.test"]]}, [("/to/0", "invalid")]),
        ({"to": [{"email": 7}]}, [("/to/0/email", "invalid")]),
        ({"to": ["a@b.test"] * 51}, [("/to", "max_length")]),
        ({"subject": ["a"]}, [("/subject", "invalid")]),
        ({"subject": 1}, [("/subject", "invalid")]),
        ({"subject": True}, [("/subject", "invalid")]),
        ({"track_opens": "true"}, [("/track_opens", "invalid")]),
        ({"track_opens": 1}, [("/track_opens", "invalid")]),
        ({"stream": "system"}, [("/stream", "invalid_choice")]),
        ({"metadata": {"a": {"b": "c"}}}, [("/metadata", "invalid")]),
        ({"tags": [1]}, [("/tags/0", "invalid")]),
        ({"attachments": [{"name": "a", "content": "YQ"}]}, [("/attachments/0/content", "base64")]),
        ({"attachments": [{"name": "a", "content": "Y\nQ=="}]}, [("/attachments/0/content", "base64")]),
    ],
)
def test_a_body_of_another_shape_is_refused_where_it_is_wrong(
    post: Callable[..., Any], tenant: Tenant, changes: dict[str, Any], errors: list[tuple[str, str]]
) -> None:
    assert problem(post(**changes)) == (400, "invalid", errors)
    with tenant_scope(tenant.pk):
        assert not Submission.objects.exists()


def test_a_body_that_mail_cannot_carry_is_refused_with_pointers(post: Callable[..., Any]) -> None:
    assert problem(post(to=["nobody"], text=None)) == (
        422,
        "bad_message",
        [("/to/0/email", "no_at"), ("", "no_body")],
    )


def test_an_unverified_domain_is_named(post: Callable[..., Any]) -> None:
    assert problem(post(**{"from": "a@other.test"})) == (
        422,
        "domain_not_verified",
        [("/from/email", "domain_not_verified")],
    )
