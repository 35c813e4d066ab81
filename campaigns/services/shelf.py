"""Keeps the list of campaigns tidy: tags, the archive, and drafts thrown away."""

import re
import unicodedata
from collections.abc import Iterable
from typing import Final
from uuid import UUID

from django.utils import timezone

from accounts import audit
from accounts.audit import Actor
from accounts.tenancy import tenant_scope
from campaigns.exceptions import BadTags, CampaignError
from campaigns.models import Campaign
from campaigns.services.campaigns import refuse_unless_draft
from campaigns.services.launch import locked_campaign

MAX_TAGS: Final = 10
MAX_TAG: Final = 40
#: Commas of both scripts and ends of lines.
_BETWEEN: Final = re.compile(r"[,，、;\n\r]+")
State = Campaign.State


def tags_of(text: str) -> list[str]:
    """The tags in a line that a person wrote, each once; raises BadTags."""
    parts = (" ".join(part.split()) for part in _BETWEEN.split(text))
    tags = list(dict.fromkeys(part for part in parts if part))
    if len(tags) > MAX_TAGS:
        raise BadTags("too_many_tags", limit=MAX_TAGS)
    if any(len(tag) > MAX_TAG for tag in tags):
        raise BadTags("tag_too_long", limit=MAX_TAG)
    return ["".join(one for one in tag if unicodedata.category(one) != "Cc") for tag in tags]


def set_tags(*, tenant_id: UUID, campaign_id: int, tags: Iterable[str], actor: Actor) -> Campaign:
    """Replaces the tags, in any state; raises NotFound."""
    with tenant_scope(tenant_id):
        campaign = locked_campaign(campaign_id)
        wanted = list(tags)
        if campaign.tags != wanted:
            campaign.tags = wanted
            campaign.save(update_fields=["tags"])
            changes: dict[str, object] = {"tags": wanted}
            audit.record(tenant_id=tenant_id, actor=actor, verb="tagged", subject=campaign, changes=changes)
    return campaign


def archive(*, tenant_id: UUID, campaign_id: int, actor: Actor) -> Campaign:
    """Takes a campaign that nothing happens to any more out of the list; raises NotFound, CampaignError."""
    with tenant_scope(tenant_id):
        campaign = locked_campaign(campaign_id)
        if campaign.state not in {State.DRAFT, State.SENT, State.CANCELLED}:
            raise CampaignError("still_running")
        if campaign.archived_at is None:
            # A draft in the archive needs nobody's attention any more.
            campaign.archived_at, campaign.launch_refusal = timezone.now(), ""
            campaign.save(update_fields=["archived_at", "launch_refusal"])
            audit.record(tenant_id=tenant_id, actor=actor, verb="archived", subject=campaign)
    return campaign


def unarchive(*, tenant_id: UUID, campaign_id: int, actor: Actor) -> Campaign:
    """Puts it back into the list; raises NotFound."""
    with tenant_scope(tenant_id):
        campaign = locked_campaign(campaign_id)
        if campaign.archived_at is not None:
            campaign.archived_at = None
            campaign.save(update_fields=["archived_at"])
            audit.record(tenant_id=tenant_id, actor=actor, verb="unarchived", subject=campaign)
    return campaign


def delete_draft(*, tenant_id: UUID, campaign_id: int, actor: Actor) -> None:
    """Throws a draft away for good; raises NotFound, CampaignError for anything else."""
    with tenant_scope(tenant_id):
        campaign = locked_campaign(campaign_id)
        refuse_unless_draft(campaign)
        audit.record(
            tenant_id=tenant_id,
            actor=actor,
            verb="deleted",
            subject=campaign,
            changes={"name": campaign.name},
        )
        campaign.delete()
