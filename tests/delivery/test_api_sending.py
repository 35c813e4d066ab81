"""The mail API beyond one mail: templates, batches, lists, a time to send, cancelling, whole messages."""

import base64
import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.audit import SYSTEM
from accounts.models import SendingDomain, Tenant
from accounts.services.api_keys import issue_key
from accounts.services.key_limits import KeyLimits
from accounts.tenancy import tenant_scope
from campaigns.models import Campaign, Content
from campaigns.services.templates import TemplateDraft, archive_template, create_template
from delivery.models import (
    Attempt,
    Counter,
    Lane,
    Message,
    QueueEntry,
    Rollup,
    SimulatedMail,
    Submission,
)
from delivery.services.simulation import forget_simulated
from relay_saas.mail.ids import parse_id
from relay_saas.web.prefixed import public_id
from tests.delivery.builders import make_domain
from tests.delivery.test_api import BODY, URL, bearer, key_of, problem, read

RAW = (
    b"From: Acme <shop@news.acme.test>\nTo: taro@gmail.test\nBcc: secret@one.test\n"
    b"Subject: =?utf-8?b?44GU5rOo5paH?=\nMessage-ID: <17@news.acme.test>\n\nThank you\n"
)


@pytest.fixture
def secret(tenant: Tenant, domain: SendingDomain) -> str:
    """A key of Acme with both scopes."""
    return key_of(tenant)


@pytest.fixture
def simulating(tenant: Tenant, domain: SendingDomain) -> str:
    """A test key of Acme."""
    return limited(tenant, test=True)


def limited(tenant: Tenant, **limits: Any) -> str:
    scopes = ["messages.send", "messages.read", "contacts.write"]
    limits_ = KeyLimits(**limits)
    return issue_key(tenant_id=tenant.pk, name="x", scopes=scopes, actor=SYSTEM, limits=limits_)[1]


def post(secret: str, path: str, body: Any, **headers: str) -> Any:
    return Client().post(
        f"{URL}{path}", json.dumps(body), content_type="application/json", headers=bearer(secret) | headers
    )


def patch(secret: str, path: str, body: Any) -> Any:
    return Client().patch(
        f"{URL}{path}", json.dumps(body), content_type="application/json", headers=bearer(secret)
    )


def in_an_hour() -> str:
    return (timezone.now() + timedelta(hours=1)).isoformat()


def test_mailboxes_may_be_written_as_people_write_them(secret: str, tenant: Tenant) -> None:
    answer = post(
        secret,
        "",
        BODY
        | {
            "from": '"Acme, Inc." <shop@news.acme.test>',
            "to": "山田 太郎 <taro@gmail.test>",
            "cc": ["<b@one.test>"],
            "reply_to": ["Help <help@acme.test>", "second@acme.test"],
            "headers": {"X-Order": "17"},
            "attachments": [{"filename": "a.txt", "content": base64.b64encode(b"a").decode()}],
        },
    )
    assert answer.status_code == 202
    with tenant_scope(tenant.pk):
        content, submission = Content.objects.get(), Submission.objects.get()
    assert (content.from_name, content.from_address) == ("Acme, Inc.", "shop@news.acme.test")
    assert content.reply_to == '"Help" <help@acme.test>, second@acme.test'
    assert content.headers == [["X-Order", "17"]]
    assert content.attachments[0]["name"] == "a.txt"
    assert (submission.to, submission.cc) == (["山田 太郎 <taro@gmail.test>"], ["b@one.test"])


def test_a_template_is_filled_in(secret: str, tenant: Tenant) -> None:
    draft = TemplateDraft(
        name="Order",
        html_source="<p>Hello {{ contact.name }}, order {{ order.number }} of {{ sender.name }}</p>",
        markup=Campaign.Markup.HTML,
    )
    template = create_template(tenant_id=tenant.pk, draft=draft, actor=SYSTEM)
    use = {"id": public_id("tpl", template.pk), "variables": {"name": "<Taro>", "order": {"number": 17}}}
    body = BODY | {"text": None, "subject": "Order {{ order.number }}", "template": use}
    assert post(secret, "", body).status_code == 202
    with tenant_scope(tenant.pk):
        content = Content.objects.get()
    assert content.subject == "Order 17"
    assert "Hello &lt;Taro&gt;, order 17 of Acme" in content.html
    assert "Hello <Taro>, order 17 of Acme" in content.text
    unknown = body | {"template": use | {"id": public_id("tpl", template.pk + 1)}}
    assert problem(post(secret, "", unknown)) == (422, "bad_message", [("/template/id", "unknown_template")])
    missing = body | {"template": use | {"variables": {"name": "x"}}}
    refused = problem(post(secret, "", missing))
    assert refused[:2] == (422, "template_not_rendered")
    assert refused[2][0][0] == "/template/variables"
    assert problem(post(secret, "", body | {"text": "x"}))[2] == [("/template", "template_and_body")]
    archive_template(tenant_id=tenant.pk, template_id=template.pk, actor=SYSTEM)
    assert problem(post(secret, "", body))[2] == [("/template/id", "unknown_template")]


def test_a_batch_has_an_answer_for_each_and_one_write(
    secret: str, tenant: Tenant, django_assert_max_num_queries: Any
) -> None:
    good = [BODY | {"to": [f"reader{number}@gmail.test"]} for number in range(60)]
    bad = [BODY | {"to": ["nobody"]}, BODY | {"subjekt": "x"}, BODY | {"from": "a@other.test"}]
    with django_assert_max_num_queries(40):
        answer = post(secret, "/batch", {"emails": [*good[:30], *bad, *good[30:]]})
    assert answer.status_code == 200
    lines = answer.json()["data"]
    assert [line["status"] for line in lines] == [202] * 30 + [422, 400, 422] + [202] * 30
    assert [(line["code"], line["errors"][0]["pointer"]) for line in lines[30:33]] == [
        ("bad_message", "/emails/30/to/0/email"),
        ("invalid", "/emails/31/subjekt"),
        ("domain_not_verified", "/emails/32/from/email"),
    ]
    assert lines[33]["messages"][0]["to"] == "reader30@gmail.test"
    with tenant_scope(tenant.pk):
        assert (Submission.objects.count(), Message.objects.count(), QueueEntry.objects.count()) == (60,) * 3
        assert Content.objects.count() == 1


def test_a_batch_under_one_name_is_taken_once(secret: str, tenant: Tenant) -> None:
    first, second = (
        post(secret, "/batch", {"emails": [BODY, BODY]}, **{"Idempotency-Key": "x"}) for _ in range(2)
    )
    assert first.content == second.content
    with tenant_scope(tenant.pk):
        assert Submission.objects.count() == 2


@pytest.mark.parametrize("emails", [[], [BODY] * 501, {}, ["x"], None])
def test_a_batch_of_another_shape_is_refused(secret: str, emails: Any) -> None:
    assert problem(post(secret, "/batch", {"emails": emails}))[0] == 400


def test_accepted_mail_is_listed_and_narrowed(secret: str, tenant: Tenant) -> None:
    for number in range(5):
        post(secret, "", BODY | {"to": [f"r{number}@gmail.test"], "tags": [f"t{number % 2}"]})
    first = read(secret, f"{URL}?limit=3").json()
    second = read(secret, f"{URL}?limit=3&after={first['next']}").json()
    told = [line["to"][0] for line in [*first["data"], *second["data"]]]
    assert told == [f"r{number}@gmail.test" for number in (4, 3, 2, 1, 0)]
    assert second["next"] is None
    assert first["data"][0]["subject"] == BODY["subject"]
    assert len(read(secret, f"{URL}?tag=t1").json()["data"]) == 2
    assert [line["to"] for line in read(secret, f"{URL}?to=R3@gmail.test").json()["data"]] == [
        ["r3@gmail.test"]
    ]
    assert read(secret, f"{URL}?stream=marketing").json()["data"] == []
    hour = (timezone.now() - timedelta(hours=1)).isoformat().replace("+", "%2B")
    assert len(read(secret, f"{URL}?created_after={hour}").json()["data"]) == 5
    assert read(secret, f"{URL}?created_before={hour}").json()["data"] == []
    for query in ("to=nobody", "stream=system", "created_after=2026", "after=x", "subject=x"):
        assert problem(read(secret, f"{URL}?{query}"))[0] in {400, 422}


def test_mail_waits_for_its_time_and_its_end_counts_from_there(secret: str, tenant: Tenant) -> None:
    when = in_an_hour()
    answer = post(secret, "", BODY | {"scheduled_at": when}).json()
    with tenant_scope(tenant.pk):
        entry = QueueEntry.objects.get()
    assert entry.next_attempt_at.isoformat() == when
    assert entry.expires_at - entry.next_attempt_at >= timedelta(minutes=15)
    found = read(secret, f"{URL}/{answer['id']}").json()
    assert found["scheduled_at"] == when.replace("+00:00", "Z")
    later = (timezone.now() + timedelta(hours=2)).isoformat()
    assert patch(secret, f"/{answer['id']}", {"scheduled_at": later}).status_code == 200
    with tenant_scope(tenant.pk):
        assert QueueEntry.objects.get().next_attempt_at.isoformat() == later


def test_a_time_in_the_past_means_now_and_one_too_far_is_refused(secret: str, tenant: Tenant) -> None:
    assert post(secret, "", BODY | {"scheduled_at": "2001-01-01T00:00:00Z"}).status_code == 202
    with tenant_scope(tenant.pk):
        assert QueueEntry.objects.get().next_attempt_at <= timezone.now()
    far = (timezone.now() + timedelta(days=31)).isoformat()
    for when in (far, "9999-12-31T23:59:59Z"):
        assert problem(post(secret, "", BODY | {"scheduled_at": when}))[0] in {400, 422}
    assert problem(post(secret, "", BODY | {"scheduled_at": far}))[2] == [("/scheduled_at", "too_far")]


def test_what_waits_is_cancelled_once(secret: str, tenant: Tenant) -> None:
    mail = post(secret, "", BODY | {"scheduled_at": in_an_hour(), "cc": ["b@one.test"]}).json()["id"]
    answer = post(secret, f"/{mail}/cancel", {})
    assert answer.status_code == 200
    assert [message["status"] for message in answer.json()["messages"]] == ["cancelled"] * 2
    assert problem(post(secret, f"/{mail}/cancel", {}))[:2] == (409, "nothing_waits")
    assert problem(patch(secret, f"/{mail}", {"scheduled_at": in_an_hour()}))[:2] == (409, "nothing_waits")
    with tenant_scope(tenant.pk):
        assert not QueueEntry.objects.exists()


def test_what_is_on_its_way_is_not_cancelled(secret: str, tenant: Tenant) -> None:
    mail = post(secret, "", BODY).json()["id"]
    with tenant_scope(tenant.pk):
        QueueEntry.objects.update(run_id=parse_id("em", mail))
    assert problem(post(secret, f"/{mail}/cancel", {}))[:2] == (409, "nothing_waits")


def test_a_whole_message_is_sent_as_it_is(secret: str, tenant: Tenant) -> None:
    body = {"raw": base64.b64encode(RAW).decode(), "to": ["Taro <taro@gmail.test>"], "tags": ["order"]}
    answer = post(secret, "/raw", body)
    assert answer.status_code == 202
    with tenant_scope(tenant.pk):
        submission, content = Submission.objects.get(), Content.objects.get()
    assert (submission.channel, submission.tags, content.subject) == ("api", ["order"], "ご注文")
    assert [message["to"] for message in answer.json()["messages"]] == ["taro@gmail.test"]
    for changes, pointer in (({"raw": "%"}, "/raw"), ({"to": []}, "/to"), ({"to": ["x"]}, "")):
        assert problem(post(secret, "/raw", body | changes))[0] in {400, 422}, pointer
    foreign = base64.b64encode(RAW.replace(b"news.acme", b"other")).decode()
    assert problem(post(secret, "/raw", body | {"raw": foreign}))[1] == "domain_not_verified"


def test_a_key_for_one_domain_sends_from_no_other(tenant: Tenant, domain: SendingDomain) -> None:
    make_domain(tenant.pk, "mail.acme.test")
    secret = limited(tenant, domains=["mail.acme.test"])
    assert problem(post(secret, "", BODY)) == (
        403,
        "sender_not_allowed",
        [("/from/email", "sender_not_allowed")],
    )
    assert post(secret, "", BODY | {"from": "a@mail.acme.test"}).status_code == 202
    body = {"raw": base64.b64encode(RAW).decode(), "to": ["taro@gmail.test"]}
    assert problem(post(secret, "/raw", body))[0] == 422


def magic(name: str) -> str:
    return f"{name}@simulator.relay.test"


def test_a_test_key_simulates_and_leaves_no_trace(simulating: str, secret: str, tenant: Tenant) -> None:
    names = ("ok", "bounce", "slow", "complain", "suppressed+1", "full", "click")
    answer = post(simulating, "", BODY | {"to": [magic(name) for name in names]})
    assert answer.status_code == 202
    told = answer.json()
    assert [message["status"] for message in told["messages"]].count("suppressed") == 1
    with tenant_scope(tenant.pk):
        for model in (Submission, Message, QueueEntry, Attempt, Counter, Rollup, Lane):
            assert not model.objects.exists()
        SimulatedMail.objects.update(created_at=timezone.now() - timedelta(seconds=5))
    found = read(simulating, f"{URL}/{told['id']}").json()
    assert found["test"] is True
    assert [message["status"] for message in found["messages"]] == [
        "delivered", "bounced", "deferred", "delivered", "suppressed", "bounced", "delivered",
    ]  # fmt: skip
    events = read(simulating, f"{URL}/{told['id']}/events").json()["events"]
    kinds = [event["type"] for event in events]
    assert kinds.count("queued") == 7
    assert {"delivered", "bounced", "deferred", "complained", "rejected", "clicked"} <= set(kinds)
    bounce = next(event for event in events if event["type"] == "bounced")
    assert (bounce["code"], bounce["enhanced"]) == (550, "5.1.1")
    assert len(read(simulating, URL).json()["data"]) == 1
    assert read(secret, URL).json()["data"] == []
    assert read(secret, f"{URL}/{told['id']}").status_code == 404
    assert read(secret, f"{URL}/{told['id']}/events").status_code == 404


def test_a_test_key_checks_like_a_live_one(simulating: str) -> None:
    assert problem(post(simulating, "", BODY | {"to": ["nobody"]}))[:2] == (422, "bad_message")
    assert problem(post(simulating, "", BODY | {"from": "a@other.test"}))[1] == "domain_not_verified"
    batch = post(simulating, "/batch", {"emails": [BODY, BODY | {"to": ["x"]}]}).json()["data"]
    assert [line["status"] for line in batch] == [202, 422]
    raw = {"raw": base64.b64encode(RAW).decode(), "to": [magic("bounce")]}
    assert post(simulating, "/raw", raw).status_code == 202


def test_simulated_mail_is_put_off_cancelled_and_forgotten(simulating: str, tenant: Tenant) -> None:
    mail = post(simulating, "", BODY | {"scheduled_at": in_an_hour()}).json()["id"]
    assert patch(simulating, f"/{mail}", {"scheduled_at": in_an_hour()}).status_code == 200
    assert read(simulating, f"{URL}/{mail}").json()["messages"][0]["status"] == "queued"
    assert post(simulating, f"/{mail}/cancel", {}).json()["messages"][0]["status"] == "cancelled"
    assert problem(post(simulating, f"/{mail}/cancel", {}))[:2] == (409, "nothing_waits")
    with tenant_scope(tenant.pk):
        SimulatedMail.objects.update(created_at=timezone.now() - timedelta(days=31))
    assert forget_simulated() == 1
