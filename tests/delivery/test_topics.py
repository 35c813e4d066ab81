"""`topic`: mail by API about a list goes to everybody but those who have left it, and one click leaves it."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.audit import SYSTEM
from accounts.models import SendingDomain, Tenant
from accounts.services.api_keys import issue_key
from accounts.services.key_limits import KeyLimits
from accounts.services.tenants import create_tenant
from accounts.tenancy import tenant_scope
from campaigns.models import Contact, Content, Subscription, Suppression
from delivery.models import Attempt, Message, QueueEntry
from relay_saas.mail.ids import parse_id
from relay_saas.mail.tokens import Purpose, Token
from relay_saas.web.prefixed import public_id
from tests.delivery.builders import make_contacts, make_list
from tests.delivery.test_api import URL, bearer, key_of, problem, read, send
from tracking.selectors.recipient import Recipient, find_recipient
from tracking.services.opt_out import opt_in_again, opt_out

ON, OFF, OTHER, STRANGER = "on@gmail.test", "off@gmail.test", "other@gmail.test", "stranger@gmail.test"
WHO = {"address": "192.0.2.1", "user_agent": "x"}
BODY = {"from": "a@news.acme.test", "to": [ON, OFF, OTHER, STRANGER], "subject": "New", "text": "See"}
Post = Callable[..., Any]


@pytest.fixture
def topic(tenant: Tenant, domain: SendingDomain) -> str:
    """A list that one person is on, one has left and one was never on."""
    news = make_list(tenant.pk, "Product news")
    make_contacts(tenant.pk, news, [ON, OFF, OTHER])
    with tenant_scope(tenant.pk):
        places = Subscription.objects.filter(mailing_list=news)
        places.filter(contact__email=OFF).update(state=Subscription.State.UNSUBSCRIBED)
        places.filter(contact__email=OTHER).delete()
    return public_id("lst", news.pk)


@pytest.fixture
def secret(tenant: Tenant) -> str:
    return key_of(tenant)


@pytest.fixture
def post(secret: str, topic: str) -> Post:
    """`post(**changes)` sends mail about the topic."""

    def post(**changes: Any) -> Any:
        return send(secret, json.dumps(BODY | {"topic": topic} | changes))

    return post


def statuses(answer: Any) -> dict[str, str]:
    assert answer.status_code == 202, answer.content
    return {one["to"]: one["status"] for one in answer.json()["messages"]}


def recipient_of(tenant: Tenant, answer: Any, place: int = 0) -> Recipient:
    """Whom the link in a copy is for."""
    message = parse_id("msg", answer.json()["messages"][place]["id"])
    return find_recipient(Token(Purpose.UNSUBSCRIBE, tenant.number, message, 0))


def test_who_has_left_the_topic_gets_nothing_and_everybody_else_does(
    post: Post, tenant: Tenant, secret: str, topic: str
) -> None:
    answer = post()
    assert statuses(answer) == {ON: "queued", OFF: "suppressed", OTHER: "queued", STRANGER: "queued"}
    found = read(secret, f"{URL}/{answer.json()['id']}").json()
    assert (found["topic"], found["stream"]) == (topic, "marketing")
    told = read(secret, f"{URL}/{answer.json()['id']}/events").json()["events"]
    assert [(one["to"], one["reject_reason"]) for one in told if one["type"] == "rejected"] == [
        (OFF, "unsubscribed")
    ]
    with tenant_scope(tenant.pk):
        assert Attempt.objects.get().category == "unsubscribed"
        people = dict(Contact.objects.values_list("email", "pk"))
        copies = dict(Message.objects.values_list("rcpt", "contact_id"))
        assert copies == {**people, STRANGER: None}


def test_without_the_topic_nothing_is_different(post: Post, tenant: Tenant) -> None:
    assert set(statuses(post(topic=None)).values()) == {"queued"}
    assert set(statuses(post(topic=None, stream="marketing")).values()) == {"queued"}
    with tenant_scope(tenant.pk):
        assert set(Message.objects.values_list("contact_id", flat=True)) == {None}


def test_marketing_that_is_stopped_altogether_stops_every_topic(post: Post, tenant: Tenant) -> None:
    with tenant_scope(tenant.pk):
        Suppression.objects.create(
            tenant_id=tenant.pk, email_key=ON, scope=Suppression.Scope.MARKETING, reason="complained"
        )
    assert statuses(post(to=[ON])) == {ON: "suppressed"}


def test_a_topic_that_is_not_there_or_somebody_elses_is_refused_alike(post: Post) -> None:
    other = create_tenant(slug="globex", name="Globex", actor=SYSTEM)
    for name in (public_id("lst", make_list(other.pk).pk), public_id("lst", 1 << 40), "news"):
        assert problem(post(topic=name)) == (422, "bad_message", [("/topic", "unknown_topic")])


def test_mail_about_a_topic_is_marketing(post: Post) -> None:
    assert statuses(post(stream="marketing", to=[ON])) == {ON: "queued"}
    refused = post(stream="transactional")
    assert problem(refused) == (422, "bad_message", [("/stream", "topic_of_marketing")])


def test_each_mail_of_a_batch_has_its_own_topic(tenant: Tenant, secret: str, topic: str) -> None:
    second = make_list(tenant.pk, "Offers")
    mails = [BODY | {"topic": topic}, BODY | {"topic": public_id("lst", second.pk)}, BODY]
    body = json.dumps({"emails": [*mails, BODY | {"topic": "x"}]})
    sent = Client().post(f"{URL}/batch", body, content_type="application/json", headers=bearer(secret))
    lines = sent.json()["data"]
    found = [[one["status"] for one in line.get("messages", [])] for line in lines]
    assert found == [["queued", "suppressed", "queued", "queued"], ["queued"] * 4, ["queued"] * 4, []]
    assert [error["pointer"] for error in lines[3]["errors"]] == ["/emails/3/topic"]
    with tenant_scope(tenant.pk):
        assert Content.objects.filter(mailing_list=second).count() == 1


def test_a_test_key_takes_a_topic_and_keeps_nobodys_consent(tenant: Tenant, topic: str) -> None:
    limits = KeyLimits(test=True)
    scopes = ["messages.send"]
    secret = issue_key(tenant_id=tenant.pk, name="t", scopes=scopes, actor=SYSTEM, limits=limits)[1]
    assert send(secret, json.dumps(BODY | {"topic": topic})).status_code == 202
    refused = send(secret, json.dumps(BODY | {"topic": "x"}))
    assert problem(refused)[2] == [("/topic", "unknown_topic")]


def test_resends_clients_name_it_as_they_do_there(tenant: Tenant, secret: str, topic: str) -> None:
    def ask(**changes: Any) -> Any:
        body = json.dumps(BODY | {"to": [OFF]} | changes)
        headers = bearer(secret)
        return Client().post("/resend/emails", body, content_type="application/json", headers=headers)

    assert ask(topic_id=topic).status_code == 200
    with tenant_scope(tenant.pk):
        assert Attempt.objects.get().category == "unsubscribed"
    assert ask(topic_id="nonsense").status_code == 422


def test_one_click_leaves_the_topic_and_nothing_else(post: Post, tenant: Tenant, topic: str) -> None:
    recipient = recipient_of(tenant, post(to=[OTHER]))
    assert (recipient.list_name, recipient.subscribed) == ("Product news", True)
    post(to=[OTHER], subject="Waits")
    opt_out(recipient, source="one_click", **WHO)
    with tenant_scope(tenant.pk):
        assert not Suppression.objects.exists()
        place = Subscription.objects.get(contact__email=OTHER)
        assert (place.state, place.source) == ("unsubscribed", "one_click")
        assert not QueueEntry.objects.exists()
    assert statuses(post(to=[OTHER])) == {OTHER: "suppressed"}
    assert statuses(post(to=[OTHER], topic=None, stream="marketing")) == {OTHER: "queued"}


def test_a_stranger_who_leaves_becomes_a_contact_so_that_it_is_remembered(
    post: Post, tenant: Tenant, topic: str
) -> None:
    answer = post(to=[STRANGER])
    recipient = recipient_of(tenant, answer)
    assert (recipient.contact_id, recipient.subscribed) == (None, True)
    opt_out(recipient, source="page", **WHO)
    assert statuses(post(to=[STRANGER])) == {STRANGER: "suppressed"}
    again = recipient_of(tenant, answer)
    assert (again.contact_id is not None, again.subscribed) == (True, False)
    opt_in_again(again, **WHO)
    assert recipient_of(tenant, answer).subscribed
    assert statuses(post(to=[STRANGER])) == {STRANGER: "queued"}


def test_a_topic_costs_three_questions_and_none_is_asked_without(
    post: Post, django_assert_max_num_queries: Any
) -> None:
    def asked(**changes: Any) -> int:
        with django_assert_max_num_queries(30) as counted:
            post(to=[ON], **changes)
        return len(counted.captured_queries)

    post(to=[ON])
    assert asked() - asked(topic=None, stream="marketing") == 3
