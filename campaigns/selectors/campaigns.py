"""Finds campaigns, lists and the people to show a campaign for."""

from uuid import UUID

from django.db.models import Func

from accounts.tenancy import reading_scope
from campaigns.exceptions import ListGone
from campaigns.models import Campaign, Contact, ContactList, Subscription
from relay_saas.web.errors import NotFound

#: People offered in the preview.
SAMPLE = 50


def find_campaign(*, tenant_id: UUID, campaign_id: int) -> Campaign:
    """The campaign with its list; raises NotFound."""
    with reading_scope(tenant_id):
        found = Campaign.objects.select_related("mailing_list", "repeat_of").filter(pk=campaign_id).first()
    if found is None:
        raise NotFound
    return found


def find_list(*, tenant_id: UUID, name: str) -> ContactList:
    """The list of that name; raises ListGone."""
    with reading_scope(tenant_id):
        found = ContactList.objects.filter(name=name).first()
    if found is None:
        raise ListGone
    return found


def is_longer_than(n: int, *, mailing_list_id: int | None) -> bool:
    """Whether more than `n` people are or were on a list of the tenant in scope; it reads no more rows."""
    if mailing_list_id is None:
        return False
    return Subscription.objects.filter(mailing_list_id=mailing_list_id)[n : n + 1].exists()


def tags_in_use(*, tenant_id: UUID) -> list[str]:
    """Every tag of the tenant's campaigns, in order; one query."""
    with reading_scope(tenant_id):
        found = Campaign.objects.exclude(tags=[]).values_list(Func("tags", function="unnest"), flat=True)
        return sorted(set(found))


def sample_contacts(*, tenant_id: UUID, mailing_list_id: int | None) -> tuple[Contact, ...]:
    """The people who joined the list first, at most 50; nobody where no list is chosen."""
    with reading_scope(tenant_id):
        ids = Subscription.objects.filter(
            mailing_list_id=mailing_list_id, state=Subscription.State.SUBSCRIBED
        ).order_by("contact_id")
        people = Contact.objects.filter(pk__in=ids.values("contact_id")[:SAMPLE])
        return tuple(people.order_by("pk"))
