"""Settings, the audit log and past exports, as their pages show them."""

from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.audit import SYSTEM, Actor
from accounts.models import AuditEvent, Job, Role, Tenant, User
from accounts.services.api_keys import issue_key
from accounts.services.audit_export import NAME
from accounts.services.invitations import invite
from accounts.services.job_runs import run
from accounts.services.organization import SETTINGS, change_settings
from accounts.services.tenants import add_member, create_tenant
from accounts.tenancy import tenant_scope

VALUES = {
    "name": "日の出ストア",
    "locale": "ja",
    "time_zone": "Asia/Tokyo",
    "legal_name": "株式会社日の出",
    "postal_address": "東京都千代田区 1-1\r\n日の出ビル",
    "contact_address": "support@hinode.test",
}


@pytest.fixture
def tenant(db: None) -> Tenant:
    return create_tenant(slug="acme", name="Acme", actor=SYSTEM)


def person(tenant: Tenant, role: Role) -> Client:
    user = User.objects.create_user(f"{role}@people.test")
    add_member(tenant_id=tenant.pk, user=user, role=role, actor=SYSTEM)
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(user)
    return client


def page(client: Client, name: str, **query: str) -> str:
    return unescape(client.get(reverse(f"console:{name}", args=["acme"]), query).content.decode())


def save(client: Client, **changes: str) -> tuple[int, str]:
    answer = client.post(reverse("console:settings_save", args=["acme"]), VALUES | changes)
    return answer.status_code, unescape(answer.content.decode())


def test_how_long_a_launch_can_be_undone_is_chosen_from_some(tenant: Tenant) -> None:
    client = person(tenant, Role.ADMIN)
    for chosen, status, kept in (("30", 302, 30), ("0", 422, 30), ("", 302, None)):
        assert save(client, undo_seconds=chosen)[0] == status
        with tenant_scope(tenant.pk):
            assert Tenant.objects.get().undo_seconds == kept


def events(tenant: Tenant) -> list[AuditEvent]:
    with tenant_scope(tenant.pk):
        return list(AuditEvent.objects.order_by("id"))


def test_settings_are_stored_and_each_change_is_kept(tenant: Tenant) -> None:
    client = person(tenant, Role.ADMIN)
    assert save(client)[0] == 302
    with tenant_scope(tenant.pk):
        kept = Tenant.objects.get()
    assert {name: getattr(kept, name) for name in SETTINGS} == VALUES | {"undo_seconds": None}
    event = events(tenant)[-1]
    assert (event.verb, event.actor, event.changes["name"]) == (
        "changed",
        "admin@people.test",
        ["Acme", "日の出ストア"],
    )
    before = len(events(tenant))
    save(client)
    assert len(events(tenant)) == before


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 101),
        ("name", "a\u2028b"),
        ("locale", "xx"),
        ("time_zone", "Mars/Olympus"),
    ],
)
def test_a_refused_form_keeps_what_was_written(tenant: Tenant, field: str, value: str) -> None:
    status, html = save(person(tenant, Role.OWNER), **{field: value})
    assert status == 422
    assert 'role="alert"' in html
    assert "株式会社日の出" in html
    with tenant_scope(tenant.pk):
        assert Tenant.objects.get().name == "Acme"


def test_an_analyst_reads_and_does_not_write(tenant: Tenant) -> None:
    client = person(tenant, Role.ANALYST)
    html = page(client, "settings")
    assert "Owners and administrators change them." in html
    assert html.count("disabled") >= len(SETTINGS)
    assert save(client)[0] == 403
    assert reverse("console:audit", args=["acme"]) not in html


def test_the_audit_log_speaks_in_words(tenant: Tenant) -> None:
    client = person(tenant, Role.OWNER)
    save(client)
    html = page(client, "audit")
    assert "Time zone: UTC → Asia/Tokyo" in html
    assert "Language: English → 日本語" in html
    assert "owner@people.test" in html


def test_the_audit_log_is_filtered_by_person_verb_and_time(tenant: Tenant) -> None:
    client = person(tenant, Role.OWNER)
    save(client)
    gone = Actor(name="gone@people.test", user_id=999)
    change_settings(tenant_id=tenant.pk, values={"legal_name": "By somebody who left"}, actor=gone)
    owner = User.objects.get(email="owner@people.test")
    assert "somebody who left" not in page(client, "audit", person=str(owner.pk))
    left = page(client, "audit", person="999")
    assert "somebody who left" in left
    assert '<option value="999" selected>gone@people.test' in left
    assert "Nothing matches" in page(client, "audit", verb="launched")
    assert "Nothing matches" in page(client, "audit", until="2001-01-01")
    assert "somebody who left" in page(client, "audit", since="2001-01-01", until="9999-12-31")


@pytest.mark.parametrize("query", [{"person": "x"}, {"since": "yesterday"}, {"verb": "x" * 50}])
def test_a_filter_that_makes_no_sense_is_named(tenant: Tenant, query: dict[str, str]) -> None:
    client = person(tenant, Role.OWNER)
    answer = client.get(reverse("console:audit", args=["acme"]), query)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()


def test_the_audit_log_is_exported_as_it_is_filtered(tenant: Tenant) -> None:
    client = person(tenant, Role.OWNER)
    save(client)
    answer = client.post(reverse("console:audit_export", args=["acme"]), {"query": "verb=changed"})
    with tenant_scope(tenant.pk):
        job = Job.objects.get(kind=NAME)
    assert answer["Location"] == reverse("console:job", args=["acme", job.pk])
    run(tenant_id=tenant.pk, job_id=job.pk)
    file = client.get(reverse("console:job_file", args=["acme", job.pk]))
    text = b"".join(file.streaming_content).decode("utf-8-sig")
    assert text.count("\r\n") == 2
    assert "Name: Acme → 日の出ストア" in text


def test_past_exports_stand_on_the_page_of_data(tenant: Tenant) -> None:
    client = person(tenant, Role.OWNER)
    assert "No export yet" in page(client, "data_export")
    url = reverse("console:data_export", args=["acme"])
    first, second = client.post(url), client.post(url)
    assert first["Location"] == second["Location"]
    assert first["Location"] in page(client, "data_export")


def test_no_page_asks_more_with_more_rows(tenant: Tenant, django_assert_max_num_queries: Any) -> None:
    client = person(tenant, Role.OWNER)
    for number in range(60):
        user = User.objects.create_user(f"n{number}@people.test")
        add_member(tenant_id=tenant.pk, user=user, role=Role.ANALYST, actor=SYSTEM)
        invite(
            tenant_id=tenant.pk,
            email=f"i{number}@people.test",
            role=Role.ANALYST,
            by=Role.OWNER,
            actor=SYSTEM,
        )
        issue_key(tenant_id=tenant.pk, name=f"key {number}", scopes=[], actor=SYSTEM)
    for name in ("settings", "members", "audit", "keys", "request_log", "data_export"):
        with django_assert_max_num_queries(20):
            assert client.get(reverse(f"console:{name}", args=["acme"])).status_code == 200
    assert "?cursor=" in page(client, "members")
    assert "?cursor=" in page(client, "audit")
    assert "?cursor=" in page(client, "keys")
