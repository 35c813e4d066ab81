"""The pages of webhooks: made once shown, tested, paused, replayed, and the answer of a stranger escaped."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.audit import SYSTEM
from accounts.models import Role, Tenant, User
from accounts.models.tenant import new_id
from accounts.services.tenants import add_member
from relay_saas.net.signature import key_of
from tracking.models import WebhookAttempt, WebhookCall, WebhookEndpoint, WebhookReplay
from tracking.services.webhook_post import tell_of_disabled
from tracking.services.webhooks import WebhookDraft, create_webhook, secrets_of

FORM = {"url": "https://hooks.example.com/mail", "format": "standard", "batch": "1", "types": ["bounced"]}


@pytest.fixture
def client(tenant: Tenant) -> Client:
    """A developer of the organization."""
    user = User.objects.create_user("dev@people.test")
    add_member(tenant_id=tenant.pk, user=user, role=Role.DEVELOPER, actor=SYSTEM)
    browser = Client()
    browser.force_login(user)
    return browser


@pytest.fixture
def endpoint(tenant: Tenant) -> WebhookEndpoint:
    """One that takes everything."""
    draft = WebhookDraft(url="https://me:pass@hooks.example.com/mail")
    return create_webhook(tenant_id=tenant.pk, draft=draft, actor=SYSTEM)[0]


def at(name: str, *ids: Any) -> str:
    return reverse(f"tracking:{name}", args=["acme", *ids])


def test_the_secret_stands_in_one_answer_and_nowhere_else(client: Client, tenant: Tenant) -> None:
    made = client.post(at("webhook_new"), FORM)
    assert made.status_code == 201
    endpoint = WebhookEndpoint.objects.get()
    (secret,) = secrets_of(endpoint, timezone.now())
    assert len(key_of(secret)) == 32
    assert secret.encode() in made.content
    assert secret.encode() not in bytes(endpoint.secret_sealed)
    for page in (at("webhooks"), at("webhook", endpoint.pk)):
        assert secret not in client.get(page).content.decode()
    assert endpoint.types == ["bounced"]


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1/", "https://10.0.0.1/", "ftp://x.example/", "https://x y/", ""]
)
def test_a_bad_address_keeps_the_form_and_says_why(client: Client, url: str) -> None:
    refused = client.post(at("webhook_new"), FORM | {"url": url, "description": "Shop"})
    assert refused.status_code == 422
    assert 'value="Shop"' in refused.content.decode()
    assert not WebhookEndpoint.objects.exists()


def test_a_password_of_the_address_is_not_shown(client: Client, endpoint: WebhookEndpoint) -> None:
    assert endpoint.url == "https://hooks.example.com/mail"
    assert endpoint.userinfo_sealed
    assert "me:pass" not in client.get(at("webhook_edit", endpoint.pk)).content.decode()


def test_two_secrets_sign_for_a_day_after_a_change(client: Client, endpoint: WebhookEndpoint) -> None:
    before = secrets_of(endpoint, timezone.now())
    assert client.post(at("webhook_rotate", endpoint.pk)).status_code == 201
    endpoint.refresh_from_db()
    now = timezone.now()
    assert len(secrets_of(endpoint, now)) == 2
    assert secrets_of(endpoint, now)[1] == before[0]
    assert len(secrets_of(endpoint, now + timedelta(hours=25))) == 1


def test_a_test_leads_to_its_call(client: Client, endpoint: WebhookEndpoint) -> None:
    answer = client.post(at("webhook_test", endpoint.pk), {"event_type": "bounced"})
    call = WebhookCall.objects.get()
    assert answer["Location"] == at("webhook_call", endpoint.pk, call.id)
    assert "recipient@example.com" in client.get(answer["Location"]).content.decode()
    assert (call.urgent, call.types) == (True, ["bounced"])


def test_pausing_keeps_the_place_and_enabling_may_pass_it_by(
    client: Client, endpoint: WebhookEndpoint
) -> None:
    client.post(at("webhook_pause", endpoint.pk))
    endpoint.refresh_from_db()
    assert endpoint.state == "paused"
    client.post(at("webhook_enable", endpoint.pk), {"missed": "no"})
    endpoint.refresh_from_db()
    assert endpoint.state == "active"
    client.post(at("webhook_test", endpoint.pk), {"event_type": "bounced"})
    client.post(at("webhook_delete", endpoint.pk))
    assert not WebhookEndpoint.objects.exists()
    assert [call.state for call in WebhookCall.objects.all()] == ["failed"]


def test_a_replay_takes_a_stretch_of_the_past(client: Client, endpoint: WebhookEndpoint) -> None:
    assert client.post(at("webhook_replay", endpoint.pk), {"since": "2026-11-24T10:00"}).status_code == 422
    wrong = {"since": "2026-11-24T10:00", "until": "2026-11-24T09:00"}
    assert client.post(at("webhook_replay", endpoint.pk), wrong).status_code == 422
    right = {"since": "2026-11-24T09:00", "until": "2026-11-24T10:00"}
    assert client.post(at("webhook_replay", endpoint.pk), right).status_code == 302
    assert WebhookReplay.objects.get().endpoint_id == endpoint.pk


def made_call(endpoint: WebhookEndpoint, **more: Any) -> UUID:
    call = WebhookCall.objects.create(
        tenant_id=endpoint.tenant_id,
        id=new_id(),
        endpoint_id=endpoint.pk,
        origin="event",
        webhook_id="evt_1",
        types=["opened"],
        body='{"type":"opened"}',
        next_attempt_at=timezone.now(),
        created_at=timezone.now(),
        **more,
    )
    return call.id


def test_what_a_server_answers_is_shown_as_text(
    client: Client, endpoint: WebhookEndpoint, monkeypatch: Any
) -> None:
    call_id = made_call(endpoint, attempts=1, last_status=500)
    attempt = WebhookAttempt(
        tenant_id=endpoint.tenant_id,
        call_id=call_id,
        number=1,
        at=timezone.now(),
        milliseconds=12,
        status=500,
        response_headers="content-type: text/html",
        response_body="<script>alert(1)</script>",
    )
    monkeypatch.setattr("tracking.views.webhook_calls.attempts_of", lambda _call: [attempt])
    html = client.get(at("webhook_call", endpoint.pk, call_id)).content.decode()
    assert "&lt;script&gt;alert(1)" in html
    assert "<script>alert(1)" not in html


def test_a_call_that_was_given_up_is_made_once_more(client: Client, endpoint: WebhookEndpoint) -> None:
    call_id = made_call(endpoint, state="failed", attempts=14)
    client.post(at("webhook_resend", endpoint.pk, call_id))
    call = WebhookCall.objects.get(id=call_id)
    assert (call.state, call.urgent, call.attempts) == ("waiting", True, 14)


def test_developers_are_told_once_that_an_endpoint_was_disabled(
    client: Client, endpoint: WebhookEndpoint, settings: Settings, django_capture_on_commit_callbacks: Any
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    WebhookEndpoint.objects.update(state="disabled", reason="failing", disabled_at=timezone.now())
    for _ in range(2):
        with django_capture_on_commit_callbacks(execute=True):
            tell_of_disabled()
    assert [letter.to for letter in mail.outbox] == [["dev@people.test"]]
    assert endpoint.url in mail.outbox[0].body


def test_a_list_and_a_page_cost_few_questions(
    client: Client, endpoint: WebhookEndpoint, django_assert_max_num_queries: Any
) -> None:
    for _ in range(20):
        made_call(endpoint)
    for page in (at("webhooks"), at("webhook", endpoint.pk)):
        with django_assert_max_num_queries(20):
            assert client.get(page).status_code == 200
