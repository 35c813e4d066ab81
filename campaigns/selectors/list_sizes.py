"""The lists to choose from, and how many people each would reach at most."""

from uuid import UUID

from django.db.models import Count

from accounts.tenancy import tenant_scope
from campaigns.models import ContactList, Subscription


def list_choices(*, tenant_id: UUID) -> list[tuple[int, str]]:
    """Id and name of every list, by name."""
    with tenant_scope(tenant_id):
        return list(ContactList.objects.order_by("name").values_list("pk", "name"))


def subscribers(*, tenant_id: UUID) -> dict[int, int]:
    """People on each list who have not left it; lists without any are missing."""
    with tenant_scope(tenant_id):
        there = Subscription.objects.filter(state=Subscription.State.SUBSCRIBED)
        counted = there.values_list("mailing_list_id").annotate(n=Count("pk")).order_by()
        return dict(counted)
