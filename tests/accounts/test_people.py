"""People, members, capabilities and the audit trail."""

import pytest
from django.test import Client

from accounts.audit import SYSTEM, Actor
from accounts.models import AuditEvent, Membership, Role, Tenant, User
from accounts.permissions import CAPABILITIES, Capability, allows
from accounts.selectors.membership import find_member, memberships_of
from accounts.services.tenants import add_member
from accounts.tenancy import tenant_scope


def test_a_member_is_found_by_slug_and_an_outsider_is_not(
    tenant: Tenant, other_tenant: Tenant, alice: User
) -> None:
    add_member(tenant_id=tenant.pk, user=alice, role=Role.OWNER, actor=SYSTEM)
    member = find_member("acme", alice.pk)
    assert member is not None
    assert (member.tenant_id, member.role, member.tenant_number) == (tenant.pk, Role.OWNER, tenant.number)
    assert find_member("globex", alice.pk) is None
    assert find_member("never-was", alice.pk) is None
    assert [one.slug for one in memberships_of(alice.pk)] == ["acme"]


def test_adding_a_member_again_changes_the_role(tenant: Tenant, alice: User) -> None:
    add_member(tenant_id=tenant.pk, user=alice, role=Role.OWNER, actor=SYSTEM)
    add_member(tenant_id=tenant.pk, user=alice, role=Role.ANALYST, actor=SYSTEM)
    with tenant_scope(tenant.pk):
        assert [one.role for one in Membership.objects.all()] == [Role.ANALYST]


def test_what_people_do_is_kept_with_who_and_where(tenant: Tenant, alice: User) -> None:
    actor = Actor(name=alice.email, user_id=alice.pk, address="203.0.113.5")
    add_member(tenant_id=tenant.pk, user=alice, role=Role.OWNER, actor=actor)
    with tenant_scope(tenant.pk):
        event = AuditEvent.objects.latest("id")
    assert (event.actor, event.verb, event.object_type, event.address) == (
        "alice@people.test",
        "added",
        "membership",
        "203.0.113.5",
    )
    assert event.changes == {"role": "owner"}


def test_every_role_has_its_line_and_only_the_owner_has_all() -> None:
    assert set(CAPABILITIES) == set(Role)
    assert [role for role in Role if CAPABILITIES[role] == frozenset(Capability)] == [Role.OWNER]
    assert not allows(Role.ANALYST, Capability.CAMPAIGNS_SEND)
    assert not allows(Role.BILLING, Capability.REPORTS_VIEW)
    assert allows(Role.MARKETER, Capability.CAMPAIGNS_SEND)


def test_a_person_signs_in_by_address_in_any_case(tenant: Tenant, alice: User) -> None:
    add_member(tenant_id=tenant.pk, user=alice, role=Role.OWNER, actor=SYSTEM)
    client = Client()
    answer = client.post(
        "/accounts/login/", {"login": "ALICE@people.test", "password": "correct horse battery"}
    )
    assert answer.status_code == 302
    assert client.get("/").headers["Location"] == "/o/acme/"
    assert client.get("/o/acme/").status_code == 200


@pytest.mark.parametrize("login", ["alice@people.test", "nobody@people.test"])
def test_a_wrong_password_and_an_unknown_person_get_the_same_answer(alice: User, login: str) -> None:
    answer = Client().post("/accounts/login/", {"login": login, "password": "wrong wrong wrong"})
    assert answer.status_code == 200
    assert "not correct" in answer.content.decode()


def test_nobody_signs_up_by_themselves(db: None) -> None:
    form = {"email": "new@people.test", "password1": "correct horse battery"}
    assert Client().post("/accounts/signup/", form).status_code == 200
    assert not User.objects.filter(email="new@people.test").exists()


def test_a_person_without_an_organization_is_told_what_to_do(alice: User) -> None:
    client = Client()
    client.force_login(alice)
    answer = client.get("/")
    assert answer.status_code == 200
    assert "Ask an owner" in answer.content.decode()
