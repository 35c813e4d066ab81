"""Finds an organization's templates."""

from uuid import UUID

from accounts.tenancy import reading_scope
from campaigns.models import Template
from relay_saas.web.errors import NotFound
from relay_saas.web.paging import Page, page_of

PAGE = 50
#: Offered to a new campaign.
CHOICES = 100


def template_page(*, tenant_id: UUID, archived: bool, cursor: str | None) -> Page[Template]:
    """Templates in use or put away, the one changed last first, without their sources; raises BadCursor."""
    with reading_scope(tenant_id):
        rows = Template.objects.filter(archived_at__isnull=not archived).defer("html_source", "text_source")
        return page_of(rows, order=("-updated_at", "-id"), cursor=cursor, size=PAGE)


def templates_to_begin_with(*, tenant_id: UUID) -> list[Template]:
    """The templates in use that were changed last, at most 100, without their sources."""
    with reading_scope(tenant_id):
        rows = Template.objects.filter(archived_at=None).only("name").order_by("-updated_at", "-id")
        return list(rows[:CHOICES])


def find_template(*, tenant_id: UUID, template_id: int) -> Template:
    """One template; raises NotFound."""
    with reading_scope(tenant_id):
        found = Template.objects.filter(pk=template_id).first()
    if found is None:
        raise NotFound
    return found
