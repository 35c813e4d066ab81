"""Invitations: a link by mail, for one person, one use and seven days."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.audit import SYSTEM, Actor
from accounts.exceptions import (
    AlreadyMember,
    InvitationForSomebodyElse,
    InvitationGone,
    InvitedTooOften,
    RoleBeyondOwn,
)
from accounts.models import AuditEvent, Invitation, Membership, Role, Tenant, User
from accounts.services import invitations
from accounts.services.api_keys import issue_key
from accounts.services.invitations import digest, invite
from accounts.services.tenants import add_member
from accounts.tenancy import tenant_scope

PASSWORD = "correct horse battery"
OWNER = Actor(name="owner@people.test", user_id=1)
Ask = Callable[..., str]


@pytest.fixture
def ask(tenant: Tenant, django_capture_on_commit_callbacks: Any) -> Ask:
    """`ask(email)` invites and returns the token of the link in the mail."""

    def ask(email: str = "hanako@people.test", role: Role = Role.MARKETER) -> str:
        with django_capture_on_commit_callbacks(execute=True):
            invite(tenant_id=tenant.pk, email=email, role=role, by=Role.OWNER, actor=OWNER)
        return token_in(mail.outbox[-1].body)

    return ask


def token_in(body: str) -> str:
    found = re.search(r"/accounts/invitation/([^/\s]+)/", str(body))
    assert found is not None
    return found[1]


def url_of(token: str) -> str:
    return reverse("account_invitation", args=[token])


def client(user: User | None = None) -> Client:
    client = Client(headers={"Accept-Language": "en"})
    if user is not None:
        client.force_login(user)
    return client


def shown(token: str) -> tuple[int, str]:
    """The answer to a link, without what differs in every answer."""
    answer = client().get(url_of(token))
    html = re.sub(r'csrfmiddlewaretoken" value="[^"]*"|X-CSRFToken": "[^"]*"', "", answer.content.decode())
    return answer.status_code, html.replace(token, "#")


def role_of(tenant: Tenant, email: str) -> str | None:
    with tenant_scope(tenant.pk):
        return Membership.objects.filter(user__email=email).values_list("role", flat=True).first()


def join(token: str, browser: Client | None = None, **changes: str) -> Any:
    data = {"name": "花子", "password": PASSWORD} | changes
    return (browser or client()).post(url_of(token), data)


def test_a_new_person_joins_and_is_signed_in(tenant: Tenant, ask: Ask) -> None:
    token = ask("Hanako@People.test")
    assert mail.outbox[-1].to == ["hanako@people.test"]
    browser = client()
    html = browser.get(url_of(token)).content.decode()
    assert "Join Acme" in html
    assert "hanako@people.test" in html
    answer = join(token, browser)
    assert answer["Location"] == "/o/acme/"
    assert browser.get("/o/acme/").status_code == 200
    assert role_of(tenant, "hanako@people.test") == "marketer"
    user = User.objects.get(email="hanako@people.test")
    assert (user.name, user.check_password(PASSWORD)) == ("花子", True)


def test_a_look_at_the_link_changes_nothing(tenant: Tenant, ask: Ask) -> None:
    token = ask()
    for _ in range(3):
        assert client().get(url_of(token)).status_code == 200
    assert not User.objects.filter(email="hanako@people.test").exists()
    assert role_of(tenant, "hanako@people.test") is None


def test_a_used_link_is_used_up(tenant: Tenant, ask: Ask) -> None:
    """tok-036."""
    token = ask()
    join(token)
    with tenant_scope(tenant.pk):
        Membership.objects.all().delete()
    again = join(token)
    assert again.status_code == 404
    assert "does not work any more" in again.content.decode()
    assert role_of(tenant, "hanako@people.test") is None


def test_a_link_is_good_for_seven_days(tenant: Tenant, ask: Ask) -> None:
    token = ask()
    with tenant_scope(tenant.pk):
        kept = Invitation.objects.get()
        assert timedelta(days=6, hours=23) < kept.expires_at - timezone.now() <= timedelta(days=7)
        Invitation.objects.update(expires_at=timezone.now())
    assert client().get(url_of(token)).status_code == 404
    assert join(token).status_code == 404


def test_the_token_is_stored_nowhere(tenant: Tenant, ask: Ask) -> None:
    token = ask()
    with tenant_scope(tenant.pk):
        row = Invitation.objects.values().get()
        events = list(AuditEvent.objects.values())
    assert token not in f"{row}{events}"
    assert bytes(row["hash"]) == digest(token)
    assert len(token) >= 43


def test_no_other_token_opens_it(tenant: Tenant, ask: Ask) -> None:
    """One character changed at each place, cut to each length, and a secret of another kind: all alike."""
    token = ask()
    key = issue_key(tenant_id=tenant.pk, name="shop", scopes=[], actor=SYSTEM)[1]
    flipped = [token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :] for at in range(len(token))]
    for wrong in (*flipped, *(token[:length] for length in range(1, len(token))), key, "\0", "é" * 43):
        with pytest.raises(InvitationGone):
            invitations.find(wrong)
    assert shown("x" * 43) == shown("y" * 43)
    assert invitations.find(token).email == "hanako@people.test"


def test_somebody_with_an_account_signs_in_first(tenant: Tenant, ask: Ask) -> None:
    user = User.objects.create_user("hanako@people.test", PASSWORD)
    token = ask()
    html = client().get(url_of(token)).content.decode()
    assert f"next={url_of(token)}" in html
    # The link alone sets no password of an account that exists.
    join(token, password="another good password")
    user.refresh_from_db()
    assert user.check_password(PASSWORD)
    assert role_of(tenant, "hanako@people.test") is None
    assert client(user).post(url_of(token))["Location"] == "/o/acme/"
    assert role_of(tenant, "hanako@people.test") == "marketer"


def test_an_account_that_was_made_meanwhile_is_not_taken_over(tenant: Tenant, ask: Ask) -> None:
    token = ask()
    user = User.objects.create_user("hanako@people.test", PASSWORD)
    with pytest.raises(InvitationForSomebodyElse):
        invitations.join(token=token, name="Mallory", password="another good password", locale="en")
    user.refresh_from_db()
    assert user.check_password(PASSWORD)
    assert role_of(tenant, "hanako@people.test") is None


def test_it_is_for_nobody_else(tenant: Tenant, ask: Ask, alice: User) -> None:
    token = ask()
    assert "signed in as alice@people.test" in client(alice).get(url_of(token)).content.decode()
    assert client(alice).post(url_of(token)).status_code == 403
    assert role_of(tenant, "alice@people.test") is None


def test_a_short_password_is_refused_and_the_name_stays(tenant: Tenant, ask: Ask) -> None:
    refused = join(ask(), password="short")
    html = refused.content.decode()
    assert refused.status_code == 422
    assert 'value="花子"' in html
    assert "short" not in html.replace("too short", "")
    assert not User.objects.exists()


def test_another_mail_ends_the_first_link(
    tenant: Tenant, ask: Ask, django_capture_on_commit_callbacks: Any
) -> None:
    first = ask()
    with tenant_scope(tenant.pk):
        number = Invitation.objects.get().pk
        with pytest.raises(InvitedTooOften):
            invitations.resend(tenant_id=tenant.pk, invitation_id=number, by=Role.OWNER, actor=OWNER)
        Invitation.objects.update(sent_at=timezone.now() - timedelta(minutes=2))
    with django_capture_on_commit_callbacks(execute=True):
        invitations.resend(tenant_id=tenant.pk, invitation_id=number, by=Role.OWNER, actor=OWNER)
    second = token_in(mail.outbox[-1].body)
    assert client().get(url_of(first)).status_code == 404
    assert client().get(url_of(second)).status_code == 200


def test_a_withdrawn_invitation_is_gone(tenant: Tenant, ask: Ask) -> None:
    token = ask()
    with tenant_scope(tenant.pk):
        number = Invitation.objects.get().pk
    invitations.revoke(tenant_id=tenant.pk, invitation_id=number, actor=OWNER)
    assert client().get(url_of(token)).status_code == 404


def test_nobody_invites_beyond_their_role_or_a_member(tenant: Tenant, alice: User) -> None:
    add_member(tenant_id=tenant.pk, user=alice, role=Role.ANALYST, actor=SYSTEM)
    with pytest.raises(RoleBeyondOwn):
        invite(tenant_id=tenant.pk, email="x@people.test", role=Role.OWNER, by=Role.ADMIN, actor=OWNER)
    with pytest.raises(AlreadyMember):
        invite(tenant_id=tenant.pk, email="ALICE@people.test", role=Role.ADMIN, by=Role.OWNER, actor=OWNER)


def test_invitations_are_no_free_relay(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invitations, "MOST_OPEN", 3)
    for number in range(3):
        invite(tenant_id=tenant.pk, email=f"n{number}@x.test", role=Role.ANALYST, by=Role.OWNER, actor=OWNER)
    with pytest.raises(InvitedTooOften):
        invite(tenant_id=tenant.pk, email="n4@x.test", role=Role.ANALYST, by=Role.OWNER, actor=OWNER)


def test_who_is_a_member_already_keeps_the_role(tenant: Tenant, ask: Ask, alice: User) -> None:
    token = ask("alice@people.test", Role.ANALYST)
    add_member(tenant_id=tenant.pk, user=alice, role=Role.ADMIN, actor=SYSTEM)
    client(alice).post(url_of(token))
    assert role_of(tenant, "alice@people.test") == "admin"


def test_the_page_invites_and_says_what_was_wrong(tenant: Tenant, alice: User) -> None:
    add_member(tenant_id=tenant.pk, user=alice, role=Role.OWNER, actor=SYSTEM)
    browser = client(alice)
    url = reverse("console:invite", args=["acme"])
    refused = browser.post(url, {"email": "nobody", "role": "analyst"})
    assert refused.status_code == 422
    assert 'value="nobody"' in refused.content.decode()
    refused = browser.post(url, {"email": "alice@people.test", "role": "analyst"})
    assert "(already_member)" in refused.content.decode()
    sent = browser.post(url, {"email": "hanako@people.test", "role": "analyst"}, follow=True)
    assert "hanako@people.test" in sent.content.decode()
    assert "works until" in sent.content.decode()
