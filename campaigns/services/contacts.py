"""Writes single contacts; many at once come by import."""

from collections.abc import Mapping
from uuid import UUID

from accounts import audit
from accounts.audit import Actor
from accounts.tenancy import tenant_scope
from campaigns.exceptions import BadContact
from campaigns.models import Contact, ContactField
from campaigns.services.field_values import BadValue, read_value
from campaigns.services.import_rows import read_address
from relay_saas.mail.addresses import BadAddress


def save_contact(*, tenant_id: UUID, email: str, values: Mapping[str, str], actor: Actor) -> Contact:
    """Adds or changes the contact with this address; fields that `values` does not name stay as they are.

    Values are texts and are read by the kind of their field. Raises BadContact.
    """
    try:
        address = read_address(email)
    except BadAddress as error:
        raise BadContact("bad_address", problem=str(error)) from error
    with tenant_scope(tenant_id):
        attrs = _typed(values)
        contact, added = Contact.objects.select_for_update().get_or_create(
            tenant_id=tenant_id,
            email_key=address.key,
            defaults={
                "email": str(address),
                "domain": address.domain,
                "needs_smtputf8": address.needs_smtputf8,
            },
        )
        kept = {key: value for key, value in contact.attrs.items() if key not in values}
        contact.attrs = kept | attrs
        contact.save(update_fields=["attrs", "updated_at"])
        audit.record(
            tenant_id=tenant_id,
            actor=actor,
            verb="created" if added else "changed",
            subject=contact,
            changes={"fields": sorted(values)},
        )
    return contact


def _typed(values: Mapping[str, str]) -> dict[str, object]:
    kinds = dict(ContactField.objects.values_list("key", "kind"))
    attrs: dict[str, object] = {}
    for key, text in values.items():
        if key not in kinds:
            raise BadContact("unknown_field", field=key)
        try:
            value = read_value(text, ContactField.Kind(kinds[key]))
        except BadValue as error:
            raise BadContact(error.code, field=key) from error
        if value is not None:
            attrs[key] = value
    return attrs
