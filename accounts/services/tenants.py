"""Makes organizations and brings people into them."""

from uuid import UUID

from accounts import audit
from accounts.audit import Actor
from accounts.models import Membership, Role, Tenant, User
from accounts.models.tenant import new_id
from accounts.tenancy import tenant_scope


def create_tenant(
    *,
    slug: str,
    name: str,
    actor: Actor,
    locale: str = "en",
    time_zone: str = "UTC",
    legal_name: str = "",
    postal_address: str = "",
    contact_address: str = "",
) -> Tenant:
    """A new organization, written in its own scope; raises IntegrityError when the slug is taken."""
    tenant_id = new_id()
    with tenant_scope(tenant_id):
        tenant = Tenant.objects.create(
            id=tenant_id,
            slug=slug,
            name=name,
            locale=locale,
            time_zone=time_zone,
            legal_name=legal_name or name,
            postal_address=postal_address,
            contact_address=contact_address,
        )
        audit.record(tenant_id=tenant_id, actor=actor, verb="created", subject=tenant)
    return tenant


def add_member(*, tenant_id: UUID, user: User, role: Role, actor: Actor) -> Membership:
    """Gives `user` a role; a second call changes the role."""
    with tenant_scope(tenant_id):
        membership, _ = Membership.objects.update_or_create(
            tenant_id=tenant_id, user=user, defaults={"role": role}
        )
        audit.record(
            tenant_id=tenant_id, actor=actor, verb="added", subject=membership, changes={"role": str(role)}
        )
    return membership
