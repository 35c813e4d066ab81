"""Makes lists and puts contacts on them."""

from uuid import UUID

from django.utils import timezone

from accounts import audit
from accounts.audit import Actor
from accounts.tenancy import tenant_scope
from campaigns.exceptions import BadName, ListGone, ListInUse
from campaigns.models import ContactList, Headcount, Subscription
from campaigns.selectors.lists import list_row


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


def archive_list(*, tenant_id: UUID, mailing_list_id: int, archived: bool, actor: Actor) -> ContactList:
    """Takes a list out of every choice, or brings it back; raises NotFound."""
    with tenant_scope(tenant_id):
        found = list_row(tenant_id=tenant_id, mailing_list_id=mailing_list_id).mailing_list
        if (found.archived_at is not None) != archived:
            found.archived_at = timezone.now() if archived else None
            found.save(update_fields=["archived_at"])
            verb = "archived" if archived else "restored"
            audit.record(tenant_id=tenant_id, actor=actor, verb=verb, subject=found)
    return found


def delete_list(*, tenant_id: UUID, mailing_list_id: int, actor: Actor) -> None:
    """Removes a list that nothing was ever done with; raises NotFound, ListInUse."""
    with tenant_scope(tenant_id):
        # Who is about to join it waits for this lock, and then finds no list.
        ContactList.objects.select_for_update().filter(pk=mailing_list_id).first()
        row = list_row(tenant_id=tenant_id, mailing_list_id=mailing_list_id)
        if row.used or Subscription.objects.filter(mailing_list_id=mailing_list_id).exists():
            raise ListInUse
        changes: dict[str, object] = {"name": row.mailing_list.name}
        audit.record(
            tenant_id=tenant_id, actor=actor, verb="deleted", subject=row.mailing_list, changes=changes
        )
        row.mailing_list.delete()
        Headcount.objects.filter(mailing_list_id=mailing_list_id).delete()


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
