"""Finds an organization's sending domains."""

from uuid import UUID

from accounts.models import SendingDomain
from accounts.tenancy import reading_scope
from relay_saas.web.errors import NotFound


def domains_of(tenant_id: UUID) -> list[SendingDomain]:
    """Every sending domain, by name."""
    with reading_scope(tenant_id):
        return list(SendingDomain.objects.order_by("name"))


def find_domain(*, tenant_id: UUID, domain_id: int) -> SendingDomain:
    """One sending domain; raises NotFound."""
    with reading_scope(tenant_id):
        found = SendingDomain.objects.filter(pk=domain_id).first()
    if found is None:
        raise NotFound
    return found
