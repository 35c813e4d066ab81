"""Makes lists and puts contacts on them."""

from uuid import UUID

from accounts import audit
from accounts.audit import Actor
from accounts.tenancy import tenant_scope
from campaigns.exceptions import BadName, ListGone
from campaigns.models import ContactList, Subscription


def create_list(*, tenant_id: UUID, name: str, actor: Actor) -> ContactList:
    """A list of that name; the one that is there when the name is taken. Raises BadName for an empty name."""
    name = " ".join(name.split())
    if not name:
        raise BadName
    with tenant_scope(tenant_id):
        found, added = ContactList.objects.get_or_create(tenant_id=tenant_id, name=name)
        if added:
            audit.record(tenant_id=tenant_id, actor=actor, verb="created", subject=found)
    return found


def rename_list(*, tenant_id: UUID, mailing_list_id: int, name: str, actor: Actor) -> ContactList:
    """Gives a list another name; raises BadName, ListGone."""
    name = " ".join(name.split())
    with tenant_scope(tenant_id):
        found = ContactList.objects.select_for_update().filter(pk=mailing_list_id).first()
        if found is None:
            raise ListGone
        if not name or ContactList.objects.filter(name=name).exclude(pk=found.pk).exists():
            raise BadName
        changes: dict[str, object] = {"name": [found.name, name]}
        found.name = name
        found.save(update_fields=["name"])
        audit.record(tenant_id=tenant_id, actor=actor, verb="renamed", subject=found, changes=changes)
    return found


def subscribe(*, tenant_id: UUID, mailing_list_id: int, contact_id: int, source: str) -> bool:
    """Puts a contact on a list; False where they are on it or have left it (only they can come back)."""
    with tenant_scope(tenant_id):
        _, added = Subscription.objects.get_or_create(
            tenant_id=tenant_id,
            mailing_list_id=mailing_list_id,
            contact_id=contact_id,
            defaults={"source": source},
        )
    return added
