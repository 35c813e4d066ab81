"""Keys are shown once, told apart and ended; the request log is filtered."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.audit import SYSTEM
from accounts.exceptions import BadApiKey
from accounts.models import ApiKey, Role, Tenant, User
from accounts.models.api_key import KeyScope
from accounts.services.api_keys import authenticate, forget_remembered, issue_key, revoke_key
from accounts.services.request_log import keep_request
from accounts.services.tenants import add_member, create_tenant
from accounts.tenancy import tenant_scope

SECRET = re.compile(r"rly_live_[0-9a-f]{8}_[\w-]{43}")


@pytest.fixture
def tenant(db: None) -> Tenant:
    return create_tenant(slug="acme", name="Acme", actor=SYSTEM)


@pytest.fixture
def developer(tenant: Tenant) -> Client:
    user = User.objects.create_user("dev@people.test")
    add_member(tenant_id=tenant.pk, user=user, role=Role.DEVELOPER, actor=SYSTEM)
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(user)
    return client


def page(client: Client, name: str, **query: str) -> str:
    return unescape(client.get(reverse(f"console:{name}", args=["acme"]), query).content.decode())


def create(client: Client, **changes: Any) -> Any:
    data = {"name": "Online shop", "scopes": ["messages.send"], "life": "90"} | changes
    return client.post(reverse("console:key_create", args=["acme"]), data)


def deed(client: Client, name: str, key: ApiKey) -> Any:
    return client.post(reverse(f"console:{name}", args=["acme", key.pk]))


def secret_in(answer: Any) -> str:
    found = SECRET.search(answer.content.decode())
    assert found is not None
    return found[0]


def keys(tenant: Tenant) -> list[ApiKey]:
    with tenant_scope(tenant.pk):
        return list(ApiKey.objects.order_by("id"))


def test_a_key_is_shown_once(tenant: Tenant, developer: Client) -> None:
    answer = create(developer)
    secret = secret_in(answer)
    assert answer["Cache-Control"] == "private, no-store"
    assert authenticate(secret).scopes == {"messages.send"}
    (key,) = keys(tenant)
    assert key.expires_at is not None
    assert timedelta(days=89) < key.expires_at - timezone.now() <= timedelta(days=90)
    listed = page(developer, "keys")
    assert key.prefix in listed
    assert secret not in listed
    assert SECRET.search(listed) is None


def test_a_second_key_of_the_name_is_refused_so_a_reload_makes_none(
    tenant: Tenant, developer: Client
) -> None:
    create(developer)
    again = create(developer)
    assert again.status_code == 422
    assert "(key_name_taken)" in again.content.decode()
    assert len(keys(tenant)) == 1


@pytest.mark.parametrize("changes", [{"name": ""}, {"scopes": []}, {"scopes": ["all"]}, {"life": "9999"}])
def test_a_key_that_makes_no_sense_is_refused(
    tenant: Tenant, developer: Client, changes: dict[str, Any]
) -> None:
    assert create(developer, **changes).status_code == 422
    assert keys(tenant) == []


def test_a_word_stands_for_scopes_and_never_for_more_than_the_role_may_give(
    tenant: Tenant, developer: Client
) -> None:
    for access, scopes in (("send", []), ("read", ["keys.write"]), ("full", []), ("chosen", ["events.read"])):
        assert create(developer, name=access, access=access, scopes=scopes).status_code == 201
    send, read, full, chosen = (set(key.scopes) for key in keys(tenant))
    assert (send, chosen) == ({"messages.send"}, {"events.read"})
    beyond = {"members.write", "organization.write", "audit.read"}
    assert read == {scope.value for scope in KeyScope if scope.endswith(".read")} - beyond
    assert full == {scope.value for scope in KeyScope} - beyond
    refused = create(developer, name="none", access="chosen", scopes=[])
    assert (refused.status_code, len(keys(tenant))) == (422, 4)
    assert "Choose at least one thing" in refused.content.decode()


def test_scopes_are_offered_and_told_noun_by_noun(tenant: Tenant, developer: Client) -> None:
    create(developer, name="all", access="read")
    create(
        developer,
        name="some",
        access="chosen",
        scopes=["lists.read", "lists.write", "messages.send", "events.read"],
    )
    html = page(developer, "keys")
    for noun in ("Contacts and fields", "Lists and subscriptions", "SMTP credentials"):
        assert f"<legend>{noun}</legend>" in html
    assert "<li>Reading only</li>" in html
    assert "<li>Lists and subscriptions: Read, Change</li>" in html


def test_a_replaced_key_works_for_a_day_more(tenant: Tenant, developer: Client) -> None:
    old_secret = secret_in(create(developer))
    new_secret = secret_in(deed(developer, "key_rotate", keys(tenant)[0]))
    old, new = keys(tenant)
    assert authenticate(old_secret).key_id == old.pk
    assert authenticate(new_secret).key_id == new.pk
    assert (new.name, new.scopes) == (old.name, old.scopes)
    assert old.expires_at is not None
    assert old.expires_at - timezone.now() <= timedelta(hours=24)
    with tenant_scope(tenant.pk):
        ApiKey.objects.filter(pk=old.pk).update(expires_at=timezone.now())
    forget_remembered()
    with pytest.raises(BadApiKey):
        authenticate(old_secret)


def test_a_revoked_key_has_no_successor(tenant: Tenant, developer: Client) -> None:
    secret = secret_in(create(developer))
    deed(developer, "key_revoke", keys(tenant)[0])
    with pytest.raises(BadApiKey):
        authenticate(secret)
    deed(developer, "key_rotate", keys(tenant)[0])
    assert len(keys(tenant)) == 1
    assert "(key_ended)" in page(developer, "keys")


def test_the_log_is_filtered_by_answer_key_and_id(tenant: Tenant, developer: Client) -> None:
    shop = issue_key(tenant_id=tenant.pk, name="shop", scopes=[], actor=SYSTEM)[0]
    mobile = issue_key(tenant_id=tenant.pk, name="mobile", scopes=[], actor=SYSTEM)[0]
    revoke_key(tenant_id=tenant.pk, key_id=mobile.pk, actor=SYSTEM)
    for key, status, code, number in (
        (shop, 202, "", "one-accepted"),
        (shop, 422, "bad_message", "two-refused"),
        (mobile, 500, "internal_error", "three-failed"),
    ):
        keep_request(
            tenant_id=tenant.pk, key_id=key.pk, at=timezone.now(), method="POST", path="/api/v1/emails",
            status=status, code=code, milliseconds=12, request_id=number,
        )  # fmt: skip
    everything = {"one-accepted", "two-refused", "three-failed"}
    for query, found in (
        ({}, everything),
        ({"status": "ok"}, {"one-accepted"}),
        ({"status": "refused"}, {"two-refused"}),
        ({"status": "failed"}, {"three-failed"}),
        ({"key": str(shop.pk)}, {"one-accepted", "two-refused"}),
        ({"request_id": "three-failed"}, {"three-failed"}),
        ({"status": "nonsense"}, set()),
        ({"key": "999999"}, set()),
    ):
        html = page(developer, "request_log", **query)
        shown = {one for one in everything if f"<code>{one}</code>" in html}
        assert shown == found, query


def test_the_reference_names_the_address_of_this_installation(developer: Client, settings: Any) -> None:
    settings.RELAY_BASE_URL = "https://relay.example"
    assert "https://relay.example/api/v1/emails" in page(developer, "api_reference")


def test_developers_stand_in_the_navigation_of_those_who_may_enter(tenant: Tenant, developer: Client) -> None:
    link = reverse("console:keys", args=["acme"])
    assert link in page(developer, "home")
    user = User.objects.create_user("marketer@people.test")
    add_member(tenant_id=tenant.pk, user=user, role=Role.MARKETER, actor=SYSTEM)
    client = Client()
    client.force_login(user)
    assert link not in page(client, "home")


def test_a_developer_makes_no_key_that_could_make_them_an_administrator(
    developer: Client, tenant: Tenant
) -> None:
    assert "members.write" not in page(developer, "keys")
    assert create(developer, scopes=["members.write"]).status_code == 422
    theirs, _secret = issue_key(tenant_id=tenant.pk, name="admin's", scopes=["members.write"], actor=SYSTEM)
    assert deed(developer, "key_rotate", theirs).status_code == 403
    assert len(keys(tenant)) == 1
