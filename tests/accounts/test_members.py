"""Members: roles change by those who may, the last owner stays, and who is let go is out at once."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.audit import SYSTEM, Actor
from accounts.exceptions import LastOwner, RoleBeyondOwn
from accounts.models import AuditEvent, Membership, Role, Tenant, User
from accounts.permissions import covers
from accounts.services.members import change_role, remove_member
from accounts.services.tenants import add_member
from accounts.tenancy import tenant_scope
from relay_saas.web.errors import NotFound


def member(tenant: Tenant, role: Role, name: str = "") -> Membership:
    user = User.objects.create_user(f"{name or role}@people.test")
    return add_member(tenant_id=tenant.pk, user=user, role=role, actor=SYSTEM)


def roles(tenant: Tenant) -> list[str]:
    with tenant_scope(tenant.pk):
        return sorted(Membership.objects.values_list("role", flat=True))


def client_of(one: Membership) -> Client:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(one.user)
    return client


def test_only_an_owner_may_do_all_and_nobody_gives_what_they_lack() -> None:
    assert all(covers(Role.OWNER, role) for role in Role)
    assert not covers(Role.ADMIN, Role.OWNER)
    assert not covers(Role.ADMIN, Role.BILLING)
    assert not covers(Role.MARKETER, Role.APPROVER)


def test_a_role_is_changed_and_the_trail_keeps_both(tenant: Tenant) -> None:
    one = member(tenant, Role.ANALYST)
    change_role(
        tenant_id=tenant.pk, membership_id=one.pk, role=Role.MARKETER, by=Role.OWNER, actor=Actor(name="o")
    )
    with tenant_scope(tenant.pk):
        event = AuditEvent.objects.latest("id")
    assert (event.verb, event.object_type) == ("changed", "membership")
    assert event.changes == {"person": "analyst@people.test", "role": ["analyst", "marketer"]}


def test_the_last_owner_stays(tenant: Tenant) -> None:
    """acc-029."""
    owner = member(tenant, Role.OWNER)
    member(tenant, Role.ADMIN)
    with pytest.raises(LastOwner):
        remove_member(tenant_id=tenant.pk, membership_id=owner.pk, by=Role.OWNER, actor=SYSTEM)
    with pytest.raises(LastOwner):
        change_role(tenant_id=tenant.pk, membership_id=owner.pk, role=Role.ADMIN, by=Role.OWNER, actor=SYSTEM)
    assert roles(tenant) == ["admin", "owner"]


def test_of_two_owners_one_may_go(tenant: Tenant) -> None:
    first = member(tenant, Role.OWNER, "first")
    member(tenant, Role.OWNER, "second")
    remove_member(tenant_id=tenant.pk, membership_id=first.pk, by=Role.OWNER, actor=SYSTEM)
    assert roles(tenant) == ["owner"]


def test_an_administrator_neither_rises_nor_touches_an_owner(tenant: Tenant) -> None:
    """acc-030."""
    owner, admin = member(tenant, Role.OWNER), member(tenant, Role.ADMIN)
    member(tenant, Role.OWNER, "second")
    for membership, role in ((admin, Role.OWNER), (admin, Role.BILLING), (owner, Role.ANALYST)):
        with pytest.raises(RoleBeyondOwn):
            change_role(
                tenant_id=tenant.pk, membership_id=membership.pk, role=role, by=Role.ADMIN, actor=SYSTEM
            )
    with pytest.raises(RoleBeyondOwn):
        remove_member(tenant_id=tenant.pk, membership_id=owner.pk, by=Role.ADMIN, actor=SYSTEM)
    assert roles(tenant) == ["admin", "owner", "owner"]


def test_a_member_of_somebody_else_does_not_exist(tenant: Tenant, other_tenant: Tenant) -> None:
    foreign = member(other_tenant, Role.ANALYST)
    for number in (foreign.pk, 999_999):
        with pytest.raises(NotFound):
            remove_member(tenant_id=tenant.pk, membership_id=number, by=Role.OWNER, actor=SYSTEM)


def test_who_is_let_go_is_out_at_the_next_click(tenant: Tenant) -> None:
    owner, analyst = member(tenant, Role.OWNER), member(tenant, Role.ANALYST)
    outside, inside = client_of(analyst), client_of(owner)
    page = reverse("console:members", args=["acme"])
    assert outside.get(page).status_code == 200
    answer = inside.post(reverse("console:member_remove", args=["acme", analyst.pk]), follow=True)
    assert "analyst@people.test is no member any more." in answer.content.decode()
    assert outside.get(page).status_code == 404


def test_the_page_offers_an_administrator_nothing_above(tenant: Tenant) -> None:
    owner, admin = member(tenant, Role.OWNER), member(tenant, Role.ADMIN)
    html = client_of(admin).get(reverse("console:members", args=["acme"])).content.decode()
    assert reverse("console:member_role", args=["acme", owner.pk]) not in html
    assert reverse("console:member_role", args=["acme", admin.pk]) in html
    assert 'value="owner"' not in html
    refused = client_of(admin).post(
        reverse("console:member_role", args=["acme", admin.pk]), {"role": "owner"}, follow=True
    )
    assert "(role_beyond_own)" in refused.content.decode()
    assert roles(tenant) == ["admin", "owner"]


def test_a_role_that_nobody_knows_is_refused(tenant: Tenant) -> None:
    owner = member(tenant, Role.OWNER)
    url = reverse("console:member_role", args=["acme", owner.pk])
    assert client_of(owner).post(url, {"role": "emperor"}).status_code == 400


def test_who_may_not_edit_sees_the_members_and_what_roles_may(tenant: Tenant) -> None:
    member(tenant, Role.OWNER)
    html = client_of(member(tenant, Role.ANALYST)).get(reverse("console:members", args=["acme"]))
    text = html.content.decode()
    assert "owner@people.test" in text
    assert "send, pause and cancel campaigns" in text
    assert "<select" not in text
