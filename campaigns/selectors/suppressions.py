"""The addresses that an organization may not mail, and why."""

from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from campaigns.models import Suppression
from relay_saas.mail.addresses import BadAddress, parse_address
from relay_saas.web.errors import NotFound
from relay_saas.web.paging import Page, page_of

PAGE_SIZE = 50


def find_suppression(*, tenant_id: UUID, suppression_id: int) -> Suppression:
    """The suppression; raises NotFound."""
    found = Suppression.objects.filter(tenant_id=tenant_id, pk=suppression_id).first()
    if found is None:
        raise NotFound
    return found


def suppression_page(
    *, tenant_id: UUID, cursor: str | None, address: str = "", provisional: bool = False
) -> Page[Suppression]:
    """Newest first; one address alone (what is no address finds nothing), or the provisional ones."""
    rows = suppressions_of(tenant_id=tenant_id, address=address, provisional=provisional)
    return page_of(rows, order=("-id",), cursor=cursor, size=PAGE_SIZE)


def suppressions_of(
    *, tenant_id: UUID, address: str = "", provisional: bool = False
) -> QuerySet[Suppression]:
    """The same, in no order; the scope must be open while it is read."""
    rows = Suppression.objects.filter(tenant_id=tenant_id)
    if provisional:
        rows = rows.filter(provisional_until__gt=timezone.now())
    if address:
        try:
            rows = rows.filter(email_key=parse_address(address).key)
        except BadAddress:
            rows = rows.none()
    return rows
