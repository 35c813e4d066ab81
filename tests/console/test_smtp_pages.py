"""SMTP credentials in the pages: shown once, with ready settings, ended."""

import re
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.audit import SYSTEM
from accounts.models import Role, SendingDomain, SmtpCredential, Tenant, User
from accounts.services.smtp_credentials import authenticate
from accounts.services.tenants import add_member, create_tenant
from accounts.tenancy import tenant_scope
from accounts.views.smtp_guides import guides, server

PASSWORD = re.compile(r"rly_smtp_[\w-]{43}")


@pytest.fixture
def tenant(db: None) -> Tenant:
    tenant = create_tenant(slug="acme", name="Acme", actor=SYSTEM)
    with tenant_scope(tenant.pk):
        SendingDomain.objects.create(
            tenant_id=tenant.pk, name="news.acme.test", label="x", state=SendingDomain.State.VERIFIED
        )
    return tenant


@pytest.fixture
def developer(tenant: Tenant) -> Client:
    user = User.objects.create_user("dev@people.test")
    add_member(tenant_id=tenant.pk, user=user, role=Role.DEVELOPER, actor=SYSTEM)
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(user)
    return client


def at(name: str, *more: Any) -> str:
    return reverse(f"console:{name}", args=["acme", *more])


def create(client: Client, **changes: Any) -> Any:
    return client.post(at("smtp_credential_new"), {"name": "Taro’s Outlook", "stream": "1"} | changes)


def only(tenant: Tenant) -> SmtpCredential:
    with tenant_scope(tenant.pk):
        return SmtpCredential.objects.get()


def test_a_credential_is_shown_once_and_works(tenant: Tenant, developer: Client) -> None:
    answer = create(developer, allowed_from="*@news.acme.test, billing@news.acme.test\n", daily_limit="20")
    html = unescape(answer.content.decode())
    assert (answer.status_code, answer["Cache-Control"]) == (201, "private, no-store")
    found = PASSWORD.search(html)
    assert found is not None
    credential = only(tenant)
    signed_in = authenticate(username=credential.username, password=found[0], peer="192.0.2.1")
    assert signed_in is not None
    assert signed_in.allowed_from == ("*@news.acme.test", "billing@news.acme.test")
    assert (signed_in.daily_limit, signed_in.rate_per_minute) == (20, None)
    for page in (at("smtp_credentials"), at("smtp_credential", credential.pk), at("smtp_settings")):
        assert PASSWORD.search(developer.get(page).content.decode()) is None


def test_the_settings_carry_the_hosts_and_the_users_name(tenant: Tenant, developer: Client) -> None:
    create(developer)
    credential = only(tenant)
    html = unescape(developer.get(at("smtp_credential", credential.pk)).content.decode())
    for guide in guides(server(credential.username)):
        assert guide.name in html
        assert guide.code in html
    for name in ("Outlook", "Thunderbird", "Apple Mail", "WordPress", "Django", "Ruby on Rails", "swaks"):
        assert name in html
    assert f'EMAIL_HOST_USER = "{credential.username}"' in html


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": ""}, "This field is required"),
        ({"allowed_from": "*@globex.test"}, "(domain_unknown)"),
        ({"allowed_from": "*@*.test"}, "(domain_wildcard)"),
        ({"networks": "10.0.0.1/8"}, "(bad_network)"),
        ({"bounce_notice": "victim@elsewhere.test"}, "(not_your_address)"),
        ({"daily_limit": "0"}, "greater than or equal to 1"),
        ({"stream": "0"}, "Select a valid choice"),
    ],
)
def test_a_refusal_names_the_field_and_keeps_what_was_written(
    tenant: Tenant, developer: Client, changes: dict[str, str], code: str
) -> None:
    answer = create(developer, **{"networks": "192.0.2.0/24"} | changes)
    html = unescape(answer.content.decode())
    assert answer.status_code == 422
    assert code in html
    assert changes.get("networks", "192.0.2.0/24") in html
    with tenant_scope(tenant.pk):
        assert not SmtpCredential.objects.exists()


def test_a_reload_makes_no_second_credential(tenant: Tenant, developer: Client) -> None:
    create(developer)
    again = create(developer)
    assert again.status_code == 422
    assert "(name_taken)" in again.content.decode()
    only(tenant)


def test_a_revoked_credential_stays_in_the_list_and_offers_no_settings(
    tenant: Tenant, developer: Client
) -> None:
    found = PASSWORD.search(create(developer).content.decode())
    credential = only(tenant)
    developer.post(at("smtp_credential_revoke", credential.pk))
    assert found is not None
    assert authenticate(username=credential.username, password=found[0], peer="192.0.2.1") is None
    listed = developer.get(at("smtp_credentials")).content.decode()
    assert credential.username in listed
    page = developer.get(at("smtp_credential", credential.pk)).content.decode()
    assert "EMAIL_HOST_USER" not in page
    assert at("smtp_credential_revoke", credential.pk) not in page


def test_a_credential_is_changed_and_programs_need_nothing_new(tenant: Tenant, developer: Client) -> None:
    found = PASSWORD.search(create(developer, networks="192.0.2.0/24").content.decode())
    credential = only(tenant)
    form = unescape(developer.get(at("smtp_credential_edit", credential.pk)).content.decode())
    assert "Taro’s Outlook" in form
    assert "192.0.2.0/24" in form
    changes = {"name": "Office", "stream": "2", "networks": "198.51.100.0/24", "daily_limit": "5"}
    refused = developer.post(
        at("smtp_credential_edit", credential.pk), changes | {"allowed_from": "*@x.test"}
    )
    assert (refused.status_code, "198.51.100.0/24" in refused.content.decode()) == (422, True)
    answer = developer.post(at("smtp_credential_edit", credential.pk), changes)
    assert answer["Location"] == at("smtp_credential", credential.pk)
    assert found is not None
    signed_in = authenticate(username=credential.username, password=found[0], peer="198.51.100.7")
    assert signed_in is not None
    assert (signed_in.name, signed_in.stream, signed_in.daily_limit) == ("Office", 2, 5)


def test_a_revoked_credential_is_not_changed(tenant: Tenant, developer: Client) -> None:
    create(developer)
    credential = only(tenant)
    developer.post(at("smtp_credential_revoke", credential.pk))
    for method in (developer.get, developer.post):
        answer = method(at("smtp_credential_edit", credential.pk))
        assert (answer.status_code, answer["Location"]) == (302, at("smtp_credential", credential.pk))
