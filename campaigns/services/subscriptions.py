"""Puts a contact on a list or takes them off it by hand, with a reason."""

from uuid import UUID

from django.utils import timezone

from accounts import audit
from accounts.audit import Actor
from accounts.tenancy import tenant_scope
from campaigns.exceptions import ListGone, ReasonMissing
from campaigns.models import Contact, ContactList, Subscription
from relay_saas.web.errors import NotFound

State = Subscription.State


def set_subscription(
    *, tenant_id: UUID, contact_id: int, mailing_list_id: int, state: State, reason: str, actor: Actor
) -> bool:
    """Changes one place on a list; False where it was so already.

    Suppressions are untouched: who complained gets no mail, whatever list they are on. Raises NotFound,
    ListGone, ReasonMissing.
    """
    reason = " ".join(reason.split())[:500]
    if not reason:
        raise ReasonMissing
    with tenant_scope(tenant_id):
        contact = Contact.objects.filter(pk=contact_id).first()
        if contact is None:
            raise NotFound
        if not ContactList.objects.filter(pk=mailing_list_id).exists():
            raise ListGone
        values = {
            "state": state,
            "source": f"person:{actor.name}",
            "reason": reason,
            "changed_at": timezone.now(),
        }
        row, added = Subscription.objects.select_for_update().get_or_create(
            tenant_id=tenant_id, mailing_list_id=mailing_list_id, contact=contact, defaults=values
        )
        if not added:
            if row.state == state:
                return False
            for name, value in values.items():
                setattr(row, name, value)
            row.save(update_fields=list(values))
        changes: dict[str, object] = {"list": mailing_list_id, "reason": reason}
        audit.record(
            tenant_id=tenant_id, actor=actor, verb=str(state.value), subject=contact, changes=changes
        )
    return True
