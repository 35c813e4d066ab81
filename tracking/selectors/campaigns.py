"""The list of campaigns with their figures."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import Q

from campaigns.models import Campaign
from relay_saas.web.paging import Page, page_of
from tracking.selectors.totals import Totals, totals_of

PAGE_SIZE = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignRow:
    """One line of the list."""

    id: int
    name: str
    subject: str
    state: Campaign.State
    launched_at: datetime | None
    totals: Totals
    scheduled_at: datetime | None = None
    tags: tuple[str, ...] = ()
    archived: bool = False

    @property
    def is_draft(self) -> bool:
        """Whether it may be thrown away."""
        return self.state is Campaign.State.DRAFT

    @property
    def may_be_archived(self) -> bool:
        """Whether nothing happens to it any more."""
        return self.state in {Campaign.State.DRAFT, Campaign.State.SENT, Campaign.State.CANCELLED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which campaigns are asked for; what is empty filters nothing."""

    #: A Campaign.State value.
    state: str = ""
    tag: str = ""
    #: A part of the name or of the subject.
    text: str = ""
    archived: bool = False

    @property
    def filtered(self) -> bool:
        """Whether an empty answer may be the filter's fault."""
        return bool(self.state or self.tag or self.text or self.archived)


ALL: Final = Wanted()


def campaign_page(*, tenant_id: UUID, cursor: str | None, wanted: Wanted = ALL) -> Page[CampaignRow]:
    """Newest first; unknown values find nothing. Three queries."""
    rows = Campaign.objects.filter(tenant_id=tenant_id, archived_at__isnull=not wanted.archived)
    if wanted.state:
        rows = rows.filter(state=wanted.state)
    if wanted.tag:
        rows = rows.filter(tags__contains=[wanted.tag])
    if wanted.text:
        rows = rows.filter(Q(name__icontains=wanted.text) | Q(subject__icontains=wanted.text))
    # Sources are large and shown nowhere in a list.
    rows = rows.defer("html_source", "text_source")
    page = page_of(rows, order=("-id",), cursor=cursor, size=PAGE_SIZE)
    return Page(
        items=tuple(campaign_rows(tenant_id, page.items)),
        next_cursor=page.next_cursor,
        previous_cursor=page.previous_cursor,
    )


def campaign_rows(tenant_id: UUID, campaigns: Iterable[Campaign]) -> list[CampaignRow]:
    """The campaigns with their totals, in the same order."""
    campaigns = list(campaigns)
    totals = totals_of(tenant_id=tenant_id, audiences={one.pk: one.audience or 0 for one in campaigns})
    return [
        CampaignRow(
            id=one.pk,
            name=one.name,
            subject=one.subject,
            state=Campaign.State(one.state),
            launched_at=one.launched_at,
            totals=totals[one.pk],
            scheduled_at=one.scheduled_at,
            tags=tuple(one.tags),
            archived=one.archived_at is not None,
        )
        for one in campaigns
    ]


def recent_campaigns(*, tenant_id: UUID, limit: int = 5) -> list[CampaignRow]:
    """The newest campaigns."""
    return campaign_rows(tenant_id, Campaign.objects.filter(tenant_id=tenant_id).order_by("-id")[:limit])


def running_campaigns(*, tenant_id: UUID) -> list[CampaignRow]:
    """What is being prepared, sent or held now."""
    running = [Campaign.State.LAUNCHING, Campaign.State.SENDING, Campaign.State.PAUSED]
    return campaign_rows(
        tenant_id, Campaign.objects.filter(tenant_id=tenant_id, state__in=running).order_by("-id")[:20]
    )


def launched_names(*, tenant_id: UUID, also: int | None = None, limit: int = 100) -> list[tuple[int, str]]:
    """Ids and names of the newest launched campaigns, and of the one that is asked for. One query."""
    launched = Campaign.objects.filter(tenant_id=tenant_id, launched_at__isnull=False)
    newest = launched.order_by("-launched_at").values("pk")[:limit]
    rows = launched.filter(Q(pk__in=newest) | Q(pk=also)).order_by("-launched_at")
    return list(rows.values_list("pk", "name"))
