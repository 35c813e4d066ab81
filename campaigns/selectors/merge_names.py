"""The names that a tenant's templates may use, and the values behind them for one person."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from uuid import UUID

from accounts.models import Tenant
from accounts.tenancy import reading_scope
from campaigns.models import Contact, ContactField

SENDER_NAMES = ("name", "legal_name", "postal_address", "contact_address")


def field_keys(*, tenant_id: UUID) -> tuple[str, ...]:
    """The keys of the tenant's custom fields, in the order they were made."""
    with reading_scope(tenant_id):
        return tuple(ContactField.objects.order_by("pk").values_list("key", flat=True))


def merge_fields(*, tenant_id: UUID) -> tuple[tuple[str, ...], dict[str, object]]:
    """`field_keys` and `field_defaults` by one query."""
    with reading_scope(tenant_id):
        fields = list(ContactField.objects.order_by("pk").values_list("key", "merge_default"))
    return tuple(key for key, _ in fields), {key: value for key, value in fields if value is not None}


def field_defaults(*, tenant_id: UUID) -> dict[str, object]:
    """What mail says where a contact has no value, by field key; fields without a default are not there."""
    with reading_scope(tenant_id):
        found = ContactField.objects.filter(tenant_id=tenant_id).exclude(merge_default=None)
        return dict(found.values_list("key", "merge_default"))


def known_names(keys: Iterable[str]) -> tuple[str, ...]:
    """Every dotted name that a template may use, for a tenant whose fields have these keys."""
    return (
        "contact.email",
        *(f"contact.{key}" for key in keys),
        *(f"sender.{name}" for name in SENDER_NAMES),
        "unsubscribe_url",
    )


def contact_values(
    contact: Contact, keys: Iterable[str], defaults: Mapping[str, object] = MappingProxyType({})
) -> dict[str, object]:
    """The values under `contact`: every field is there, its default or None where this person has none."""
    return {"email": contact.email} | {key: contact.attrs.get(key, defaults.get(key)) for key in keys}


def sender_values(tenant: Tenant) -> dict[str, object]:
    """The values under `sender`: the legal sender block."""
    return {name: getattr(tenant, name) for name in SENDER_NAMES}
