"""Makes custom fields of contacts."""

import re
from typing import Final
from uuid import UUID

from accounts import audit
from accounts.audit import Actor
from accounts.tenancy import tenant_scope
from campaigns.exceptions import BadContact, BadName
from campaigns.models import ContactField
from campaigns.selectors.fields import find_field
from campaigns.services.field_values import BadValue, Value, read_value

#: `email` is the contact's identity and no field; the others are properties that the merge language defines.
RESERVED_KEYS: Final = frozenset(("email", "first", "last", "size"))
_KEY: Final = re.compile(r"[a-z][a-z0-9_]{0,59}")


def create_field(
    *,
    tenant_id: UUID,
    key: str,
    label: str,
    kind: ContactField.Kind,
    actor: Actor,
    merge_default: str = "",
) -> ContactField:
    """A field that templates call `contact.<key>`; `merge_default` is read by the kind.

    Raises BadName for a malformed, reserved or taken key, BadContact for a default that does not fit.
    """
    if not _KEY.fullmatch(key) or key in RESERVED_KEYS:
        raise BadName
    value = _default(key, kind, merge_default)
    with tenant_scope(tenant_id):
        field, added = ContactField.objects.get_or_create(
            tenant_id=tenant_id,
            key=key,
            defaults={"label": label or key, "kind": kind, "merge_default": value},
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


def change_field(
    *, tenant_id: UUID, field_id: int, label: str, merge_default: str, actor: Actor
) -> ContactField:
    """Another label and default; key and kind stay. Raises NotFound, BadName, BadContact."""
    label = " ".join(label.split())
    if not label:
        raise BadName
    with tenant_scope(tenant_id):
        field = find_field(tenant_id=tenant_id, field_id=field_id)
        value = _default(field.key, ContactField.Kind(field.kind), merge_default)
        changes: dict[str, object] = {
            name: [before, after]
            for name, before, after in (
                ("label", field.label, label),
                ("merge_default", field.merge_default, value),
            )
            if before != after
        }
        if changes:
            field.label, field.merge_default = label, value
            field.save(update_fields=["label", "merge_default"])
            audit.record(tenant_id=tenant_id, actor=actor, verb="changed", subject=field, changes=changes)
    return field


def _default(key: str, kind: ContactField.Kind, text: str) -> Value | None:
    try:
        return read_value(text, kind)
    except BadValue as error:
        raise BadContact(error.code, field=key) from error
