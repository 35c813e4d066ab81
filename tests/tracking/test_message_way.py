"""“Explain this message”: the page, the answer of the API, and the link for somebody without an account."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client
from django.utils import timezone

from accounts.audit import SYSTEM
from accounts.models import AuditEvent, Role, SendingDomain, Tenant, User
from accounts.services.api_keys import issue_key
from accounts.services.tenants import add_member
from accounts.tenancy import tenant_scope
from delivery.models import AttemptState, Scope, Transcript
from delivery.services.domain_gates import keep_domain_gates
from delivery.services.policy import suspend
from relay_saas.mail.ids import format_id
from tests.delivery.builders import make_domain
from tests.delivery.story import SLOW, accepted, deferred, site_of, tried
from tracking.models import Engagement, MessageShare, WebhookCall, WebhookEndpoint
from tracking.services.message_shares import MOST, share_message, share_token
from tracking.words.advice import advice
from tracking.words.classes import CLASSES


@pytest.fixture(autouse=True)
def _egress(settings: Any) -> None:
    settings.RELAY_EGRESS = ["shared:127.30.0.1:mx1.relay.test"]


@pytest.fixture
def client(tenant: Tenant) -> Iterator[Client]:
    """An owner's browser."""
    make_domain(tenant.pk)
    user = User.objects.create_user("owner@acme.test")
    add_member(tenant_id=tenant.pk, user=user, role=Role.OWNER, actor=SYSTEM)
    browser = Client(headers={"Accept-Language": "en"})
    browser.force_login(user)
    return browser


def lived(tenant: Tenant) -> UUID:
    """Deferred, delivered, clicked, called spam."""
    message_id = accepted(tenant)
    deferred(tenant, message_id, reply="421 4.7.28 <taro@gmail.test> slow down")
    tried(
        tenant, message_id, AttemptState.DELIVERED, code=250, stage="dot", reply="250 2.0.0 OK gsmtp",
        host="mx.gmail.test", tls=True, timings=[1, 2, 3, 40], dated_at=timezone.now(),
    )  # fmt: skip
    lines = "-> MAIL FROM:<bsecrettoken@rp.news.acme.test>\n-> RCPT TO:<taro@gmail.test>\n<- 421 taro is slow"
    Transcript.objects.create(tenant_id=tenant.pk, message_id=message_id, number=1, lines=lines)
    for kind in ("clicked", "complained"):
        Engagement.objects.create(
            tenant_id=tenant.pk, message_id=message_id, id=uuid4(), kind=kind, at=timezone.now(),
            user_agent="Mozilla/5.0", link_index=0 if kind == "clicked" else None,
        )  # fmt: skip
    return message_id


def explained(tenant: Tenant, message_id: UUID, language: str = "en") -> dict[str, Any]:
    _, secret = issue_key(tenant_id=tenant.pk, name="k", scopes=["messages.read"], actor=SYSTEM)
    response = Client().get(
        f"/api/v1/messages/{format_id('msg', message_id)}/explain",
        headers={"Authorization": f"Bearer {secret}", "Accept-Language": language},
    )
    assert response.status_code == 200
    found: dict[str, Any] = response.json()
    return found


def test_the_answer_tells_every_step_in_words_and_in_values(tenant: Tenant, client: Client) -> None:
    told = explained(tenant, lived(tenant))
    assert (told["state"], told["final"], told["to"]) == ("delivered", True, "taro@gmail.test")
    assert [one["step"] for one in told["steps"]] == [
        "accepted", "rendered", "signed", "routed", "attempt", "attempt", "event", "event",
    ]  # fmt: skip
    assert told["summary"].startswith("The recipient’s mail server took it over.")
    assert told["next_step"].startswith("If they do not see it")
    slow, taken = (one for one in told["steps"] if one["step"] == "attempt")
    assert slow["next_step"] == "Nothing to do: we send more slowly there by ourselves."
    assert slow["details"]["tls_version"] == "TLSv1.3"
    assert slow["transcript"].startswith("-> MAIL FROM")
    assert taken["details"]["timings_ms"] == {"mail": 1, "rcpt": 2, "data": 3, "dot": 40}
    signed = told["steps"][2]["details"]
    assert [key["selector"] for key in signed["keys"]] == ["r1", "e1"]
    assert all(one["text"] and one["title"] for one in told["steps"])


def test_the_answer_speaks_japanese_where_it_is_asked_to(tenant: Tenant, client: Client) -> None:
    told = explained(tenant, lived(tenant), "ja")
    assert all(any(ord(letter) > 0x3000 for letter in one["text"]) for one in told["steps"])


def test_the_calls_that_told_of_it_belong_to_its_way(tenant: Tenant, client: Client) -> None:
    message_id, now = lived(tenant), timezone.now()
    endpoint = WebhookEndpoint.objects.create(
        tenant_id=tenant.pk, url="https://shop.example/hook", secret_sealed=b"x"
    )
    for number, state in enumerate(WebhookCall.State, start=1):
        WebhookCall.objects.create(
            tenant_id=tenant.pk, id=uuid4(), endpoint_id=endpoint.pk, origin="event", message_id=message_id,
            webhook_id=f"evt_{number}", types=["delivered"], body="{}", state=state, attempts=number,
            last_status=500, next_attempt_at=now, created_at=now,
        )  # fmt: skip
    told = [one for one in explained(tenant, message_id)["steps"] if one["step"] == "webhook"]
    assert {one["state"] for one in told} == {"info", "ok", "danger"}
    told.sort(key=lambda one: one["details"]["webhook_id"])
    assert told[1]["text"] == "https://shop.example/hook was told and answered 500."
    assert told[2]["next_step"] == "Mend your server, then send the call again from the webhook’s page."


def test_what_waits_is_told_without_the_affairs_of_others(tenant: Tenant, client: Client) -> None:
    message_id = accepted(tenant)
    deferred(tenant, message_id)
    suspend(
        scope=Scope(provider_id=site_of().provider_id), reason="another shop", set_by="rule", evidence=SLOW
    )
    told = explained(tenant, message_id)
    assert told["steps"][-1]["step"] == "waiting"
    assert {one["why"] for one in told["steps"][-1]["details"]["waits_for"]} >= {"suspended", "retry"}
    assert "another shop" not in str(told)


def test_mail_of_a_paused_domain_says_why_it_waits_and_what_to_do(tenant: Tenant, client: Client) -> None:
    message_id = accepted(tenant)
    with tenant_scope(tenant.pk):
        SendingDomain.objects.update(state=SendingDomain.State.BROKEN)
    keep_domain_gates()
    step = explained(tenant, message_id)["steps"][-1]
    assert (step["step"], step["state"]) == ("waiting", "warning")
    assert "Its sending domain news.acme.test is paused" in step["text"]
    assert step["next_step"].startswith("Put the records of news.acme.test right")
    assert "domain" in {one["why"] for one in step["details"]["waits_for"]}


def test_every_outcome_has_a_next_step() -> None:
    for state in AttemptState:
        for category in (*CLASSES, "", "never heard of"):
            assert advice(state, category)


def test_the_page_shows_the_whole_way(tenant: Tenant, client: Client) -> None:
    shown = client.get(f"/o/acme/messages/{format_id('msg', lived(tenant))}/").content.decode()
    for part in (
        "Accepted", "Written", "Signed", "Attempt 1: Deferred", "Attempt 2: Delivered", "message 40 ms",
        "A link in it was followed.", "called it spam", "Next:", "Make a link",
    ):  # fmt: skip
        assert part in shown


def test_a_shared_link_names_nobody_and_shows_no_content(tenant: Tenant, client: Client) -> None:
    message_id = lived(tenant)
    word = format_id("msg", message_id)
    assert client.post(f"/o/acme/messages/{word}/share/").status_code == 302
    share = MessageShare.objects.get()
    assert AuditEvent.objects.filter(verb="shared", object_type="messageshare").count() == 1
    response = Client(headers={"Accept-Language": "en"}).get(f"/explain/{share_token(share)}/")
    assert response.status_code == 200
    assert response["X-Robots-Tag"] == "noindex, nofollow"
    assert response["Cache-Control"] == "private, no-store"
    shown = response.content.decode()
    for part in (
        "t***@gmail.test",
        "Attempt 1: Deferred",
        f"{message_id.hex}@news.acme.test",
        "250 2.0.0 OK",
    ):
        assert part in shown
    for part in ("taro", "secrettoken", "Order", "called it spam", "A link in it", "em_", "owner@acme.test"):
        assert part not in shown


def test_a_link_ends_when_it_is_taken_back_or_old(tenant: Tenant, client: Client) -> None:
    message_id = accepted(tenant)
    first = share_message(tenant_id=tenant.pk, message_id=message_id, actor=SYSTEM)
    second = share_message(tenant_id=tenant.pk, message_id=message_id, actor=SYSTEM)
    word = format_id("msg", message_id)
    client.post(f"/o/acme/messages/{word}/share/{first.pk}/revoke/")
    MessageShare.objects.filter(pk=second.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    stranger = Client()
    assert stranger.get(f"/explain/{share_token(first)}/").status_code == 410
    assert stranger.get(f"/explain/{share_token(second)}/").status_code == 410
    assert stranger.get("/explain/nonsense/").status_code == 404
    assert AuditEvent.objects.filter(verb="revoked", object_type="messageshare").count() == 1


def test_a_message_has_only_so_many_links_at_a_time(tenant: Tenant, client: Client) -> None:
    message_id = accepted(tenant)
    for _ in range(MOST + 2):
        share_message(tenant_id=tenant.pk, message_id=message_id, actor=SYSTEM)
    assert MessageShare.objects.filter(revoked_at=None).count() == MOST
