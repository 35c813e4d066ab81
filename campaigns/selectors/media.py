"""Finds an organization's pictures, and the mails that show them."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from accounts.tenancy import reading_scope
from campaigns.models import Campaign, Media, Template
from relay_saas.web.errors import NotFound
from relay_saas.web.paging import Page, page_of

PAGE = 24
#: Named in the warning before a picture is removed; more are counted.
NAMED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Where a picture is shown."""

    templates: list[Template]
    campaigns: list[Campaign]

    def __bool__(self) -> bool:
        return bool(self.templates or self.campaigns)


def media_page(*, tenant_id: UUID, cursor: str | None) -> Page[Media]:
    """Pictures, the newest first; raises BadCursor."""
    with reading_scope(tenant_id):
        return page_of(Media.objects.all(), order=("-id",), cursor=cursor, size=PAGE)


def find_media(*, tenant_id: UUID, media_id: int) -> Media:
    """One picture; raises NotFound."""
    with reading_scope(tenant_id):
        found = Media.objects.filter(pk=media_id).first()
    if found is None:
        raise NotFound
    return found


def usage_of(media: Media) -> Usage:
    """The templates and campaigns whose sources name the picture, at most 20 of each, without the sources."""
    shows = Q(html_source__contains=media.digest)
    with reading_scope(media.tenant_id):
        return Usage(
            templates=list(Template.objects.filter(shows).only("name").order_by("-id")[:NAMED]),
            campaigns=list(Campaign.objects.filter(shows).only("name", "state").order_by("-id")[:NAMED]),
        )
