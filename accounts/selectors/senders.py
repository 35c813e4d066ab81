"""Who an organization's mail may be from."""

from uuid import UUID

from accounts.models import Sender, SendingDomain
from accounts.tenancy import reading_scope
from relay_saas.web.errors import NotFound


def senders_of(tenant_id: UUID) -> list[Sender]:
    """The senders whose domain is verified, the default one first: what a campaign may choose from."""
    with reading_scope(tenant_id):
        usable = Sender.objects.filter(domain__state=SendingDomain.State.VERIFIED)
        return list(usable.select_related("domain").order_by("-is_default", "address"))


def all_senders(tenant_id: UUID) -> list[Sender]:
    """Every sender with its domain, also those that cannot send now."""
    with reading_scope(tenant_id):
        return list(Sender.objects.select_related("domain").order_by("-is_default", "address"))


def find_sender(*, tenant_id: UUID, sender_id: int) -> Sender:
    """One sender with its domain; raises NotFound."""
    with reading_scope(tenant_id):
        found = Sender.objects.select_related("domain").filter(pk=sender_id).first()
    if found is None:
        raise NotFound
    return found
