"""Changes what members may do, and lets them go: never the last owner, and nobody beyond their own role."""

from uuid import UUID

from accounts import audit
from accounts.audit import Actor
from accounts.exceptions import LastOwner, RoleBeyondOwn
from accounts.models import Membership, Role
from accounts.permissions import covers
from accounts.tenancy import tenant_scope
from relay_saas.web.errors import NotFound


def change_role(*, tenant_id: UUID, membership_id: int, role: Role, by: Role, actor: Actor) -> Membership:
    """Gives a member another role; `by` is the role of who does it.

    Raises NotFound, RoleBeyondOwn, LastOwner.
    """
    with tenant_scope(tenant_id):
        membership = _locked(tenant_id, membership_id, by)
        before = Role(membership.role)
        if role == before:
            return membership
        if not covers(by, role):
            raise RoleBeyondOwn
        if before == Role.OWNER:
            _keep_an_owner(tenant_id, membership_id)
        membership.role = role
        membership.save(update_fields=["role"])
        audit.record(
            tenant_id=tenant_id,
            actor=actor,
            verb="changed",
            subject=membership,
            changes={"person": membership.user.email, "role": [str(before), str(role)]},
        )
    return membership


def remove_member(*, tenant_id: UUID, membership_id: int, by: Role, actor: Actor) -> str:
    """Ends a membership and returns the person's address; raises NotFound, RoleBeyondOwn, LastOwner.

    Every request asks for the membership anew, so whatever the person has open ends with it.
    """
    with tenant_scope(tenant_id):
        membership = _locked(tenant_id, membership_id, by)
        if membership.role == Role.OWNER:
            _keep_an_owner(tenant_id, membership_id)
        email = membership.user.email
        audit.record(
            tenant_id=tenant_id,
            actor=actor,
            verb="removed",
            subject=membership,
            changes={"person": email, "role": membership.role},
        )
        membership.delete()
    return email


def _locked(tenant_id: UUID, membership_id: int, by: Role) -> Membership:
    """The row; all rows of the organization are locked, so that two owners cannot remove one another."""
    rows = list(
        Membership.objects.select_for_update(of=("self",))
        .filter(tenant_id=tenant_id)
        .select_related("user")
        .order_by("pk")
    )
    found = next((row for row in rows if row.pk == membership_id), None)
    if found is None:
        raise NotFound
    if not covers(by, Role(found.role)):
        raise RoleBeyondOwn
    return found


def _keep_an_owner(tenant_id: UUID, membership_id: int) -> None:
    others = Membership.objects.filter(tenant_id=tenant_id, role=Role.OWNER).exclude(pk=membership_id)
    if not others.exists():
        raise LastOwner
