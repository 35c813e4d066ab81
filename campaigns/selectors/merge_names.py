"""The names that a tenant's templates may use, and the values behind them for one person."""

from collections.abc import Iterable
from uuid import UUID

from accounts.models import Tenant
from accounts.tenancy import tenant_scope
from campaigns.models import Contact, ContactField

SENDER_NAMES = ("name", "legal_name", "postal_address", "contact_address")


def field_keys(*, tenant_id: UUID) -> tuple[str, ...]:
    """The keys of the tenant's custom fields, in the order they were made."""
    with tenant_scope(tenant_id):
        return tuple(ContactField.objects.order_by("pk").values_list("key", flat=True))


def known_names(keys: Iterable[str]) -> tuple[str, ...]:
    """Every dotted name that a template may use, for a tenant whose fields have these keys."""
    return (
        "contact.email",
        *(f"contact.{key}" for key in keys),
        *(f"sender.{name}" for name in SENDER_NAMES),
        "unsubscribe_url",
    )


def contact_values(contact: Contact, keys: Iterable[str]) -> dict[str, object]:
    """The values under `contact`: every field is there, None where this person has no value."""
    return {"email": contact.email} | {key: contact.attrs.get(key) for key in keys}


def sender_values(tenant: Tenant) -> dict[str, object]:
    """The values under `sender`: the legal sender block."""
    return {name: getattr(tenant, name) for name in SENDER_NAMES}
