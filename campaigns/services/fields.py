"""Makes custom fields of contacts."""

import re
from typing import Final
from uuid import UUID

from accounts import audit
from accounts.audit import Actor
from accounts.tenancy import tenant_scope
from campaigns.exceptions import BadName
from campaigns.models import ContactField

#: `email` is the contact's identity and no field; the others are properties that the merge language defines.
RESERVED_KEYS: Final = frozenset(("email", "first", "last", "size"))
_KEY: Final = re.compile(r"[a-z][a-z0-9_]{0,59}")


def create_field(
    *, tenant_id: UUID, key: str, label: str, kind: ContactField.Kind, actor: Actor
) -> ContactField:
    """A field that templates call `contact.<key>`; raises BadName for a malformed, reserved or taken key."""
    if not _KEY.fullmatch(key) or key in RESERVED_KEYS:
        raise BadName
    with tenant_scope(tenant_id):
        field, added = ContactField.objects.get_or_create(
            tenant_id=tenant_id, key=key, defaults={"label": label or key, "kind": kind}
        )
        if not added:
            raise BadName
        audit.record(
            tenant_id=tenant_id,
            actor=actor,
            verb="created",
            subject=field,
            changes={"key": key, "kind": kind},
        )
    return field
