"""New drafts out of campaigns: a copy, and a repeat to those who did not get it."""

from dataclasses import fields
from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _

from accounts import audit
from accounts.audit import Actor
from accounts.tenancy import tenant_scope
from campaigns.exceptions import CampaignError
from campaigns.models import Campaign
from campaigns.selectors.campaigns import find_campaign
from campaigns.services.campaigns import CampaignDraft

#: What a person writes, but for the name.
_WRITTEN: Final = tuple(field.name for field in fields(CampaignDraft) if field.name != "name")


def duplicate(*, tenant_id: UUID, campaign_id: int, actor: Actor) -> Campaign:
    """A draft that says the same to the same people, in whatever state the first one is. Raises NotFound."""
    with tenant_scope(tenant_id):
        first = find_campaign(tenant_id=tenant_id, campaign_id=campaign_id)
        name = _("Copy of %(name)s") % {"name": first.name}
        return _copy(first, name, actor, repeat_of_id=first.repeat_of_id, doubts=first.repeat_doubts)


def repeat(*, tenant_id: UUID, campaign_id: int, doubts: bool, actor: Actor) -> Campaign:
    """A draft for those of the list who have no delivered message of this campaign and its other repeats.

    `doubts`: also for those of whom it is not known whether they got it. Raises NotFound, CampaignError.
    """
    with tenant_scope(tenant_id):
        first = find_campaign(tenant_id=tenant_id, campaign_id=campaign_id)
        if first.launched_at is None or first.finished_at is None:
            raise CampaignError("not_finished")
        name = _("%(name)s (repeat)") % {"name": first.name}
        return _copy(first, name, actor, repeat_of_id=first.repeat_of_id or first.pk, doubts=doubts)


def _copy(first: Campaign, name: str, actor: Actor, *, repeat_of_id: int | None, doubts: bool) -> Campaign:
    campaign = Campaign.objects.create(
        tenant_id=first.tenant_id,
        name=name,
        tags=first.tags,
        created_by_id=actor.user_id,
        repeat_of_id=repeat_of_id,
        repeat_doubts=doubts,
        **{field: getattr(first, field) for field in _WRITTEN},
    )
    audit.record(
        tenant_id=first.tenant_id,
        actor=actor,
        verb="created",
        subject=campaign,
        changes={"from": first.pk, "repeat_of": repeat_of_id},
    )
    return campaign
