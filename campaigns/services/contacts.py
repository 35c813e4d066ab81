"""Writes single contacts; many at once come by import."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from accounts import audit
from accounts.address_words import words_of
from accounts.audit import Actor
from accounts.tenancy import tenant_scope
from campaigns.exceptions import BadContact, ContactThere, ListGone
from campaigns.models import Contact, ContactField, ContactList, Subscription, Suppression
from campaigns.services.field_values import BadValue, read_value
from campaigns.services.import_rows import read_address
from campaigns.services.suppression import suppress
from relay_saas.mail.addresses import BadAddress
from relay_saas.web.errors import NotFound


def save_contact(*, tenant_id: UUID, email: str, values: Mapping[str, str], actor: Actor) -> Contact:
    """Adds or changes the contact with this address; fields that `values` does not name stay as they are.

    Values are texts and are read by the kind of their field. Raises BadContact.
    """
    with tenant_scope(tenant_id):
        attrs = typed(values, field_kinds())
        contact, added = _find_or_make(tenant_id, email)
        _write(contact, attrs, values)
        verb = "created" if added else "changed"
        _note(contact, actor, verb, {"fields": sorted(values)})
    return contact


def add_contact(
    *, tenant_id: UUID, email: str, values: Mapping[str, str], mailing_list_ids: Sequence[int], actor: Actor
) -> Contact:
    """A new contact on these lists; raises BadContact, ContactThere, ListGone."""
    with tenant_scope(tenant_id):
        if ContactList.objects.filter(pk__in=mailing_list_ids).count() != len(set(mailing_list_ids)):
            raise ListGone
        attrs = typed(values, field_kinds())
        contact, added = _find_or_make(tenant_id, email)
        if not added:
            raise ContactThere(contact.pk)
        _write(contact, attrs, values)
        for mailing_list_id in mailing_list_ids:
            Subscription.objects.create(
                tenant_id=tenant_id,
                mailing_list_id=mailing_list_id,
                contact=contact,
                source=f"person:{actor.name}",
            )
        _note(contact, actor, "created", {"fields": sorted(values), "lists": list(mailing_list_ids)})
    return contact


def change_contact(*, tenant_id: UUID, contact_id: int, values: Mapping[str, str], actor: Actor) -> Contact:
    """Changes the fields that `values` names; raises NotFound, BadContact."""
    with tenant_scope(tenant_id):
        contact = Contact.objects.select_for_update().filter(pk=contact_id).first()
        if contact is None:
            raise NotFound
        before = dict(contact.attrs)
        _write(contact, typed(values, field_kinds()), values)
        changed = sorted(key for key in values if before.get(key) != contact.attrs.get(key))
        if changed:
            _note(contact, actor, "changed", {"fields": changed})
    return contact


def delete_contact(*, tenant_id: UUID, contact_id: int, actor: Actor) -> None:
    """Removes the contact, its fields and its places on lists; raises NotFound.

    Who had left a list stays opted out: the address is suppressed for marketing, because the next file
    would bring it back as a stranger. Suppressions and the record of what was sent stay.
    """
    with tenant_scope(tenant_id):
        contact = Contact.objects.select_for_update().filter(pk=contact_id).first()
        if contact is None:
            raise NotFound
        if contact.subscriptions.filter(state=Subscription.State.UNSUBSCRIBED).exists():
            suppress(
                tenant_id=tenant_id,
                email_key=contact.email_key,
                scope=Suppression.Scope.MARKETING,
                reason=Suppression.Reason.UNSUBSCRIBED,
                detail="contact_deleted",
            )
        _note(contact, actor, "deleted", {"domain": contact.domain})
        contact.delete()


def _find_or_make(tenant_id: UUID, email: str) -> tuple[Contact, bool]:
    try:
        address = read_address(email)
    except BadAddress as error:
        raise BadContact("bad_address", problem=words_of(error), address_code=error.code) from error
    return Contact.objects.select_for_update().get_or_create(
        tenant_id=tenant_id,
        email_key=address.key,
        defaults={
            "email": str(address),
            "domain": address.domain,
            "needs_smtputf8": address.needs_smtputf8,
        },
    )


def _write(contact: Contact, attrs: dict[str, object], values: Mapping[str, str]) -> None:
    kept = {key: value for key, value in contact.attrs.items() if key not in values}
    contact.attrs = kept | attrs
    contact.save(update_fields=["attrs", "updated_at"])


def _note(contact: Contact, actor: Actor, verb: str, changes: dict[str, object]) -> None:
    audit.record(tenant_id=contact.tenant_id, actor=actor, verb=verb, subject=contact, changes=changes)


def field_kinds() -> dict[str, str]:
    """The kind of each field by its key; of the tenant in scope."""
    return dict(ContactField.objects.values_list("key", "kind"))


def typed(values: Mapping[str, str], kinds: Mapping[str, str]) -> dict[str, object]:
    """The values as they are kept, those that are not empty; raises BadContact."""
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
