"""The cases of access.json and tokens.json on the dashboard and the API; each is run here or named with its
place."""

import logging
import re
from typing import Any

import pytest
import redis
from django.conf import settings as configuration
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from accounts.audit import SYSTEM
from accounts.models import Role, Tenant, User
from accounts.services.api_keys import issue_key
from accounts.services.tenants import add_member, create_tenant
from tests.cases.loader import load
from tests.matrix.routes import TABLE

PASSWORD = "correct horse battery"
PAGES = ("home", "settings", "members", "keys", "request_log", "audit", "jobs")

#: Cases that stand elsewhere, or whose surface does not exist.
ELSEWHERE = {
    "acc-001": "tests/matrix",
    "acc-002": "tests/matrix: every route that takes a campaign",
    "acc-003": "tests/matrix: previews are pages of members",
    "acc-005": "tests/matrix: a foreign id answers like one that never existed",
    "acc-006": "tests/matrix: console:job_file",
    "acc-008": "tests/tenancy",
    "acc-009": "tests/tenancy",
    "acc-014": "no websocket, no event stream: live pages ask again, and tests/matrix has their routes",
    "acc-028": "tests/delivery/test_test_send.py, tests/accounts/test_invitations.py",
    "acc-029": "tests/accounts/test_members.py",
    "acc-030": "tests/accounts/test_members.py",
    "acc-033": "tests/accounts/test_request_log.py, relay_saas.web.request_id",
    "acc-035": "no API route shows domains; tests/accounts/test_domains.py",
    "acc-036": "tests/accounts/test_vault.py: private keys are sealed",
    "tok-022": "tests/integration/engine",
    "tok-029": "tests/accounts/test_api_keys.py: a revoked key; organizations cannot be disabled",
    "tok-031": "addresses of people cannot be changed yet",
    "tok-036": "tests/accounts/test_invitations.py",
    "tok-038": "no second factor is offered yet",
    "tok-039": "no second factor is offered yet",
    "tok-042": "no webhooks are offered yet",
}
#: Links in mail: tests/unit/mail/test_tokens.py and tests/integration run these.
LINKS = {f"tok-{number:03}" for number in (1, 2, 3, 4, 7, 8, 10, 11, 13, 15, 16, 17, 18, 20, 21, 40)}
HERE = {
    "acc-007", "acc-013", "acc-016", "acc-017", "acc-018", "acc-019", "acc-022", "acc-024", "acc-034",
    "acc-037", "acc-039", "acc-040", "tok-027", "tok-028", "tok-033", "tok-034", "tok-035",
}  # fmt: skip


@pytest.fixture
def tenant(db: None) -> Tenant:
    return create_tenant(slug="acme", name="Acme", actor=SYSTEM)


@pytest.fixture
def owner(tenant: Tenant) -> User:
    user = User.objects.create_user("owner@people.test", PASSWORD)
    add_member(tenant_id=tenant.pk, user=user, role=Role.OWNER, actor=SYSTEM)
    return user


@pytest.fixture(autouse=True)
def _fresh_limits(db: None) -> None:
    cache.clear()


def sign_in(client: Client, password: str = PASSWORD, **headers: str) -> Any:
    data = {"login": "owner@people.test", "password": password}
    return client.post(reverse("account_login"), data, headers={"Accept-Language": "en"} | headers)


def page(name: str) -> str:
    return reverse(f"console:{name}", args=["acme"])


def test_every_case_is_run_or_named() -> None:
    known = {case["id"] for group in ("access", "tokens") for _, case in load(group)}
    assert known == set(ELSEWHERE) | LINKS | HERE


def test_acc_007_a_refused_form_shows_nothing_that_a_page_would_not(tenant: Tenant) -> None:
    user = User.objects.create_user("billing@people.test")
    add_member(tenant_id=tenant.pk, user=user, role=Role.BILLING, actor=SYSTEM)
    client = Client()
    client.force_login(user)
    refused = client.post(page("settings_save"), {"name": ""})
    assert refused.status_code == 403
    assert b"time_zone" not in refused.content


def test_acc_013_what_is_cached_names_no_organization_but_its_own(owner: User) -> None:
    client = Client()
    client.force_login(owner)
    for name in PAGES:
        assert client.get(page(name)).status_code == 200
    with redis.from_url(configuration.REDIS_URL) as valkey:
        keys = [key.decode() for key in valkey.scan_iter("*")]
    cached = [key for key in keys if key.startswith(":")]
    assert [key for key in cached if "allauth" not in key and "ops:metrics" not in key] == []


@pytest.mark.parametrize("content_type", ["text/plain", "application/json"])
def test_acc_016_a_form_of_another_type_passes_no_guard(owner: User, content_type: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(owner)
    answer = client.post(page("settings_save"), '{"name": "Taken"}', content_type=content_type)
    assert answer.status_code == 403


@pytest.mark.parametrize("origin", ["https://evil.example", "https://evilapp.example", "null"])
def test_acc_017_018_no_other_origin_is_let_in(owner: User, origin: str) -> None:
    client = Client(enforce_csrf_checks=True, headers={"Origin": origin})
    client.force_login(owner)
    for answer in (
        client.get(page("keys")),
        client.options("/api/v1/emails", headers={"Access-Control-Request-Method": "POST"}),
        client.post(page("settings_save"), {"name": "Taken"}),
    ):
        assert not [name for name in answer.headers if name.lower().startswith("access-control-")]
    assert answer.status_code == 403


def test_acc_019_guessing_is_slowed_and_ends_nobody_for_good(owner: User) -> None:
    client = Client()
    answers = [sign_in(client, f"wrong {number}") for number in range(12)]
    assert "Too many failed login attempts" in answers[-1].content.decode()
    assert "_auth_user_id" not in client.session
    assert sign_in(client).status_code == 200
    # The limit lies in the cache and ends by itself.
    cache.clear()
    assert sign_in(client).status_code == 302


def test_acc_022_a_password_of_a_megabyte_is_only_wrong(owner: User) -> None:
    answer = sign_in(Client(), "x" * 1_000_000)
    assert answer.status_code == 200
    assert 'role="alert"' in answer.content.decode()


def test_acc_024_a_session_from_before_is_not_taken_over(owner: User) -> None:
    client = Client()
    session = client.session
    session["planted"] = True
    session.save()
    before = client.cookies[configuration.SESSION_COOKIE_NAME].value
    assert sign_in(client).status_code == 302
    assert client.cookies[configuration.SESSION_COOKIE_NAME].value != before


def test_acc_034_no_secret_stands_in_a_log(
    owner: User, tenant: Tenant, caplog: pytest.LogCaptureFixture, django_capture_on_commit_callbacks: Any
) -> None:
    caplog.set_level(logging.DEBUG)
    client = Client()
    sign_in(client, "a wrong password of mine")
    sign_in(client)
    made = client.post(page("key_create"), {"name": "shop", "scopes": ["messages.send"], "life": "90"})
    (secret,) = set(re.findall(r"rly_live_[0-9a-f]{8}_[\w-]{43}", made.content.decode()))
    Client(headers={"Authorization": f"Bearer {secret}"}).post("/api/v1/emails", {"password": PASSWORD})
    with django_capture_on_commit_callbacks(execute=True):
        client.post(page("invite"), {"email": "hanako@people.test", "role": "analyst"})
    (link,) = set(re.findall(r"/accounts/invitation/([^/\s]+)/", str(mail.outbox[0].body)))
    Client().post(f"/accounts/invitation/{link}/", {"name": "Hanako", "password": "another good password"})
    assert User.objects.filter(email="hanako@people.test").exists()
    assert caplog.records
    for word in (PASSWORD, "a wrong password", "another good password", secret, link, "BEGIN PRIVATE KEY"):
        assert word not in caplog.text, word


@pytest.mark.parametrize("path", ["/.env", "/.git/config", "/media/", "/static/", "/static/../manage.py"])
def test_acc_037_files_beside_the_product_are_not_served(db: None, path: str) -> None:
    assert Client().get(path).status_code == 404


@pytest.mark.parametrize("path", ["/admin/", "/api/schema/"])
def test_acc_039_there_is_no_second_face(db: None, path: str) -> None:
    assert Client().get(path).status_code == 404


def test_acc_040_every_page_carries_its_guards(owner: User) -> None:
    client = Client()
    client.force_login(owner)
    for name, entry in TABLE.items():
        if entry.takes or entry.method != "get" or entry.door not in {"tenant", "person"}:
            continue
        answer = client.get(reverse(name, args=["acme"] if entry.door == "tenant" else []))
        assert "frame-ancestors" in answer["Content-Security-Policy"], name
        assert answer["X-Content-Type-Options"] == "nosniff", name
        assert answer["Referrer-Policy"] == "same-origin", name
        assert answer["X-Frame-Options"] == "SAMEORIGIN", name
        if entry.door == "tenant":
            assert "no-store" in answer["Cache-Control"], name


def test_tok_027_a_key_in_the_address_opens_nothing(tenant: Tenant) -> None:
    secret = issue_key(tenant_id=tenant.pk, name="x", scopes=["messages.read"], actor=SYSTEM)[1]
    for name in ("key", "api_key", "access_token"):
        assert Client().get("/api/v1/emails/em_0", {name: secret}).status_code == 401


def test_tok_028_no_key_lists_keys(tenant: Tenant) -> None:
    secret = issue_key(tenant_id=tenant.pk, name="x", scopes=["messages.send"], actor=SYSTEM)[1]
    bearer = {"Authorization": f"Bearer {secret}"}
    for path in ("/api/v1/api-keys", page("keys")):
        answer = Client(headers=bearer).get(path)
        assert answer.status_code in {302, 404}
        assert secret[:17] not in answer.content.decode()


def test_tok_033_the_link_of_a_reset_names_our_own_host(
    owner: User, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    settings.RELAY_BASE_URL = "https://relay.example"
    client = Client(headers={"Host": "localhost"})
    with django_capture_on_commit_callbacks(execute=True):
        client.post(
            reverse("account_reset_password"),
            {"email": owner.email},
            headers={"X-Forwarded-Host": "evil.example"},
        )
    (letter,) = mail.outbox
    assert "evil.example" not in str(letter.body)
    assert re.search(r"https://relay\.example/accounts/password/reset/key/", str(letter.body))
    assert Client(headers={"Host": "evil.example"}).get("/accounts/login/").status_code == 400


def test_tok_034_other_sessions_end_with_the_password(owner: User) -> None:
    mine, other = Client(), Client()
    sign_in(mine)
    sign_in(other)
    answer = mine.post(
        reverse("account_change_password"),
        {"oldpassword": PASSWORD, "password1": "another good password", "password2": "another good password"},
    )
    assert answer.status_code == 302
    assert other.get(page("home")).status_code == 302
    assert mine.get(page("home")).status_code == 200


def test_tok_035_a_session_ends_with_the_sign_out(owner: User) -> None:
    client = Client()
    sign_in(client)
    cookie = client.cookies[configuration.SESSION_COOKIE_NAME].value
    client.post(reverse("account_logout"))
    late = Client()
    late.cookies[configuration.SESSION_COOKIE_NAME] = cookie
    assert late.get(page("home")).status_code == 302
