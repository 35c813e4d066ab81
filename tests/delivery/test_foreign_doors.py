"""Postmark's and Resend's words at our doors: what is refused, and how. Their clients: tests/integration."""

import json
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from accounts.models import ApiRequest, SendingDomain, Tenant
from accounts.tenancy import tenant_scope
from campaigns.models import Content, Suppression
from campaigns.services.suppression import suppress
from delivery.models import Message, Submission
from tests.delivery.test_api import bearer, key_of

MAIL = {"From": "shop@news.acme.test", "To": "taro@gmail.test", "Subject": "x", "TextBody": "x"}
LETTER = {"from": "shop@news.acme.test", "to": "taro@gmail.test", "subject": "x", "text": "x"}


@pytest.fixture
def secret(tenant: Tenant, domain: SendingDomain) -> str:
    """A key of Acme with both scopes."""
    return key_of(tenant)


def postmark(secret: str, path: str, body: Any, **headers: str) -> tuple[int, Any]:
    headers = {"X-Postmark-Server-Token": secret} | headers
    answer = Client().post(path, json.dumps(body), content_type="application/json", headers=headers)
    return answer.status_code, answer.json()


def resend(secret: str, path: str, body: Any, method: str = "POST", **headers: str) -> tuple[int, Any]:
    data = b"" if body is None else json.dumps(body).encode()
    answer = Client().generic(
        method,
        f"/resend/emails{path}",
        data,
        content_type="application/json",
        headers=bearer(secret) | headers,
    )
    return answer.status_code, answer.json()


def sent(tenant: Tenant) -> int:
    with tenant_scope(tenant.pk):
        return Submission.objects.count()


@pytest.mark.parametrize("path", ["/postmark/email", "/email"])
def test_postmarks_words_become_a_submission(secret: str, tenant: Tenant, path: str) -> None:
    body = MAIL | {
        "From": '"Acme, Inc." <shop@news.acme.test>',
        "To": "taro@gmail.test, 花子 <hanako@gmail.test>",
        "Cc": "c@one.test",
        "Bcc": None,
        "ReplyTo": "help@acme.test",
        "HtmlBody": "<img src='cid:logo'>",
        "Tag": "order",
        "Metadata": {"order": 17},
        "Headers": [{"Name": "X-Order", "Value": "17"}],
        "Attachments": [
            {"Name": "a.txt", "Content": "YQ\r\n==", "ContentType": "text/plain; charset=utf-8"},
            {"Name": "", "Content": "YQ==", "ContentType": "image/png", "ContentID": "cid:logo"},
        ],
        "TrackOpens": True,
        "MessageStream": "broadcast",
        "Unknown": 1,
    }
    status, answer = postmark(secret, path, body)
    assert (status, answer["ErrorCode"], answer["Message"], answer["To"]) == (200, 0, "OK", body["To"])
    with tenant_scope(tenant.pk):
        submission, content = Submission.objects.get(), Content.objects.get()
    assert submission.pk == UUID(answer["MessageID"])
    assert (submission.tags, submission.metadata) == (["order"], {"order": "17"})
    assert submission.to == ["taro@gmail.test", "花子 <hanako@gmail.test>"]
    assert (content.from_name, content.reply_to, content.track_opens) == (
        "Acme, Inc.",
        "help@acme.test",
        True,
    )
    assert [(file["name"], file.get("content_id")) for file in content.attachments] == [
        ("a.txt", None),
        ("attachment", "logo"),
    ]


@pytest.mark.parametrize(
    ("changes", "status", "code", "words"),
    [
        ({"To": "nobody"}, 422, 300, "Invalid 'To' address: 'nobody'"),
        ({"To": "a@b.test, x@@y"}, 422, 300, "Invalid 'To' address: 'x@@y'"),
        ({"To": None}, 422, 300, "recipient"),
        ({"From": "a@other.test"}, 422, 400, "not verified"),
        ({"From": "a@news.acme.test, b@news.acme.test"}, 422, 300, "Invalid 'From'"),
        ({"TextBody": None}, 422, 300, "text"),
        ({"MessageStream": "nope"}, 422, 1235, "stream"),
        ({"TemplateAlias": "nope"}, 422, 1101, "template"),
        ({"Attachments": [{"Name": "a", "Content": "%"}]}, 422, 300, ""),
        ({"Metadata": ["a"]}, 422, 300, ""),
    ],
)
def test_postmark_names_what_is_wrong(
    secret: str, tenant: Tenant, changes: dict[str, Any], status: int, code: int, words: str
) -> None:
    found, answer = postmark(secret, "/postmark/email", MAIL | changes)
    assert (found, answer["ErrorCode"]) == (status, code), answer
    assert words in answer["Message"]
    assert sent(tenant) == 0


def test_postmark_refuses_a_bad_token_and_bad_json(secret: str) -> None:
    assert postmark("nonsense", "/postmark/email", MAIL)[1]["ErrorCode"] == 10
    assert postmark(secret, "/postmark/email", "text")[1]["ErrorCode"] == 402
    with pytest.raises(KeyError):
        postmark("", "/postmark/email", MAIL)[1]["errors"]


def test_an_inactive_recipient_is_said_so(secret: str, tenant: Tenant) -> None:
    suppress(
        tenant_id=tenant.pk,
        email_key="gone@gmail.test",
        scope=Suppression.Scope.ALL,
        reason=Suppression.Reason.BOUNCED,
    )
    status, answer = postmark(secret, "/postmark/email", MAIL | {"To": "gone@gmail.test"})
    assert (status, answer["ErrorCode"]) == (422, 406)
    status, answer = postmark(secret, "/postmark/email", MAIL | {"To": "gone@gmail.test, a@one.test"})
    assert (status, answer["ErrorCode"]) == (200, 0)
    assert "inactive addresses: gone@gmail.test. Inactive recipients" in answer["Message"]


def test_a_postmark_batch_has_an_answer_for_each(secret: str, tenant: Tenant) -> None:
    status, answers = postmark(secret, "/postmark/email/batch", [MAIL, MAIL | {"To": "x"}, MAIL])
    assert status == 200
    assert [answer["ErrorCode"] for answer in answers] == [0, 300, 0]
    assert postmark(secret, "/postmark/email/batch", [MAIL] * 501)[1]["ErrorCode"] == 410
    body = {"Messages": [MAIL | {"TemplateAlias": "x"}]}
    assert postmark(secret, "/postmark/email/batchWithTemplates/", body)[1][0]["ErrorCode"] == 1101
    assert sent(tenant) == 2


def test_a_key_of_idempotency_works_in_other_words_too(secret: str, tenant: Tenant) -> None:
    name = {"Idempotency-Key": "order-17"}
    first, second = (postmark(secret, "/postmark/email", MAIL, **name) for _ in range(2))
    assert first == second
    first, second = (resend(secret, "", LETTER, **name | {"Idempotency-Key": "r"}) for _ in range(2))
    assert first == second
    assert resend(secret, "", LETTER | {"subject": "y"}, **{"Idempotency-Key": "r"})[1]["name"] == (
        "invalid_idempotent_request"
    )
    assert sent(tenant) == 2


def test_resends_words_become_a_submission_that_is_read_moved_and_cancelled(
    secret: str, tenant: Tenant
) -> None:
    body = LETTER | {
        "from": "Acme <shop@news.acme.test>",
        "to": ["taro@gmail.test"],
        "cc": "c@one.test",
        "reply_to": ["help@acme.test"],
        "headers": {"X-Order": 17},
        "tags": [{"name": "order", "value": "17"}],
        "attachments": [{"filename": "a.txt", "content": [97, 98]}],
        "scheduled_at": "in 1 hour",
        "unknown": 1,
    }
    status, answer = resend(secret, "", body)
    assert status == 200
    path = f"/{answer['id']}"
    status, found = resend(secret, path, None, "GET")
    assert (status, found["last_event"], found["from"], found["subject"]) == (
        200,
        "scheduled",
        "Acme <shop@news.acme.test>",
        "x",
    )
    assert found["tags"] == [{"name": "order", "value": "17"}]
    moved = {"scheduled_at": "2026-12-01T00:00:00Z"}
    assert resend(secret, path, moved, "PATCH") == (200, {"object": "email", "id": answer["id"]})
    assert resend(secret, f"{path}/cancel", None)[0] == 200
    assert resend(secret, path, None, "GET")[1]["last_event"] == "canceled"
    with tenant_scope(tenant.pk):
        assert Message.objects.count() == 2
        assert Content.objects.get().attachments[0]["content"] == "YWI="


@pytest.mark.parametrize(
    ("changes", "status", "name"),
    [
        ({"to": "nobody"}, 422, "validation_error"),
        ({"to": 7}, 422, "validation_error"),
        ({"to": [7]}, 422, "validation_error"),
        ({"from": "a@other.test"}, 403, "validation_error"),
        ({"scheduled_at": "tomorrow-ish"}, 422, "validation_error"),
        ({"template": {"id": "tpl_x"}}, 422, "validation_error"),
        ({"headers": {"Bcc": "x@y.test"}}, 422, "validation_error"),
    ],
)
def test_resend_names_what_is_wrong(
    secret: str, tenant: Tenant, changes: dict[str, Any], status: int, name: str
) -> None:
    found, answer = resend(secret, "", LETTER | changes)
    assert (found, answer["statusCode"], answer["name"]) == (status, status, name), answer
    assert sent(tenant) == 0


def test_a_resend_batch_is_all_or_nothing_unless_it_says_otherwise(secret: str, tenant: Tenant) -> None:
    batch = [LETTER, LETTER | {"to": "x"}, LETTER]
    assert resend(secret, "/batch", batch)[0] == 422
    assert sent(tenant) == 0
    status, answer = resend(secret, "/batch", batch, **{"x-batch-validation": "permissive"})
    assert (status, len(answer["data"]), answer["errors"][0]["index"]) == (200, 2, 1)
    assert len(resend(secret, "/batch", [LETTER, LETTER])[1]["data"]) == 2
    for body in ([], {}, [LETTER] * 501):
        assert resend(secret, "/batch", body)[0] == 422


def test_resend_refuses_a_bad_key_and_an_unknown_id(secret: str, tenant: Tenant) -> None:
    assert resend("nonsense", "", LETTER)[1]["name"] == "invalid_api_key"
    for path in ("/0190b2a0-0000-7000-8000-000000000000", "/x", "/em_1"):
        assert resend(secret, path, None, "GET")[1]["name"] == "not_found"
    with tenant_scope(tenant.pk):
        assert ApiRequest.objects.filter(path__startswith="/resend/").count() == 3
