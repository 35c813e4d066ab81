"""Imports of an organization."""

from uuid import UUID

from accounts.tenancy import reading_scope
from campaigns.models import ContactImport
from relay_saas.web.errors import NotFound
from relay_saas.web.paging import Page, page_of

PAGE_SIZE = 25
RELATED = ("job", "check_job", "undo_job", "mailing_list", "created_by")


def find_import(*, tenant_id: UUID, import_id: int) -> ContactImport:
    """One import with its jobs and its list; raises NotFound."""
    with reading_scope(tenant_id):
        found = ContactImport.objects.select_related(*RELATED).filter(pk=import_id).first()
    if found is None:
        raise NotFound
    return found


def import_page(*, tenant_id: UUID, cursor: str | None) -> Page[ContactImport]:
    """Newest first."""
    rows = ContactImport.objects.filter(tenant_id=tenant_id).select_related(*RELATED)
    return page_of(rows, order=("-id",), cursor=cursor, size=PAGE_SIZE)
