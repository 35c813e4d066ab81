"""Changes what an organization says of itself; its name and addresses go into every mail's footer."""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from accounts import audit
from accounts.audit import Actor
from accounts.models import Tenant
from accounts.tenancy import tenant_scope

#: What may be changed.
SETTINGS: Final = (
    "name", "locale", "time_zone", "legal_name", "postal_address", "contact_address", "undo_seconds",
)  # fmt: skip


def change_settings(*, tenant_id: UUID, values: Mapping[str, object], actor: Actor) -> Tenant:
    """Stores the settings that differ; the audit trail keeps each before and after."""
    with tenant_scope(tenant_id):
        tenant = Tenant.objects.select_for_update().get(pk=tenant_id)
        changes: dict[str, object] = {}
        for name in SETTINGS:
            before, after = getattr(tenant, name), values.get(name, getattr(tenant, name))
            if before != after:
                changes[name] = [before, after]
                setattr(tenant, name, after)
        if changes:
            tenant.save(update_fields=[*changes])
            audit.record(tenant_id=tenant_id, actor=actor, verb="changed", subject=tenant, changes=changes)
    return tenant
