"""Changes what an organization says of itself; its name and addresses go into every mail's footer."""

import unicodedata
from collections.abc import Mapping
from typing import Final
from uuid import UUID
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts import audit
from accounts.audit import Actor
from accounts.models import Tenant
from accounts.tenancy import tenant_scope

#: What may be changed.
SETTINGS: Final = (
    "name", "locale", "time_zone", "legal_name", "postal_address", "contact_address", "undo_seconds",
)  # fmt: skip

#: What may be chosen; without any pause nothing could be undone.
UNDO_SECONDS: Final = (5, 10, 15, 30, 60, 120)
#: Zones that people live in; the others are aliases and offsets.
_REGIONS: Final = (
    "Africa/", "America/", "Antarctica/", "Arctic/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/",
    "Pacific/",
)  # fmt: skip


def zone_names() -> list[str]:
    """Time zones, UTC first."""
    return ["UTC", *sorted(name for name in available_timezones() if name.startswith(_REGIONS))]


def is_one_line(value: str) -> bool:
    """Without characters that nobody can see: they would end a line of a mail."""
    return not any(unicodedata.category(letter) in {"Cc", "Zl", "Zp"} for letter in value)


def one_line(value: str) -> None:
    """Raises ValidationError for a text that is none."""
    if not is_one_line(value):
        raise ValidationError(_("Write it in one line, without control characters."))


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
