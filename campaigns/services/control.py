"""Pauses, resumes and cancels campaigns: each move is a compare-and-set, so a double click moves once."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.dispatch import Signal
from django.utils import timezone

from accounts import audit
from accounts.audit import Actor
from accounts.tenancy import tenant_scope
from campaigns.events import announce, campaign_cancelled, campaign_paused, campaign_resumed
from campaigns.exceptions import CampaignError
from campaigns.models import Campaign
from relay_saas.web.errors import NotFound

State = Campaign.State


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One deed of the state machine: from any of `sources` to `target`, else the error of the state."""

    verb: str
    sources: tuple[State, ...]
    target: State
    event: Signal
    refusals: Mapping[State, str]


PAUSE: Final = Move(
    verb="paused",
    sources=(State.SENDING,),
    target=State.PAUSED,
    event=campaign_paused,
    refusals={
        State.DRAFT: "not_launched",
        State.SCHEDULED: "not_launched",
        State.LAUNCHING: "still_preparing",
        State.SENT: "already_sent",
        State.CANCELLED: "already_cancelled",
    },
)
RESUME: Final = Move(
    verb="resumed",
    sources=(State.PAUSED,),
    target=State.SENDING,
    event=campaign_resumed,
    refusals={
        State.DRAFT: "not_launched",
        State.SCHEDULED: "not_launched",
        State.LAUNCHING: "still_preparing",
        State.SENT: "already_sent",
        State.CANCELLED: "already_cancelled",
    },
)
CANCEL: Final = Move(
    verb="cancelled",
    sources=(State.SENDING, State.PAUSED),
    target=State.CANCELLED,
    event=campaign_cancelled,
    refusals={
        State.DRAFT: "not_launched",
        State.SCHEDULED: "not_launched",
        State.LAUNCHING: "still_preparing",
        State.SENT: "already_sent",
    },
)


def pause(*, tenant_id: UUID, campaign_id: int, actor: Actor) -> Campaign:
    """Stops a sending campaign for now; a paused one comes back as it is. Raises NotFound, CampaignError."""
    return _move(tenant_id, campaign_id, actor, PAUSE)


def resume(*, tenant_id: UUID, campaign_id: int, actor: Actor) -> Campaign:
    """Lets a paused campaign go on; a sending one comes back as it is. Raises NotFound, CampaignError."""
    return _move(tenant_id, campaign_id, actor, RESUME)


def cancel(*, tenant_id: UUID, campaign_id: int, actor: Actor) -> Campaign:
    """Ends a campaign for good; a cancelled one comes back as it is. Raises NotFound, CampaignError."""
    return _move(tenant_id, campaign_id, actor, CANCEL)


def _move(tenant_id: UUID, campaign_id: int, actor: Actor, move: Move) -> Campaign:
    with tenant_scope(tenant_id):
        moved = Campaign.objects.filter(pk=campaign_id, state__in=move.sources).update(
            state=move.target, stopped_for="", updated_at=timezone.now()
        )
        campaign = Campaign.objects.filter(pk=campaign_id).first()
        if campaign is None:
            raise NotFound
        if moved:
            audit.record(tenant_id=tenant_id, actor=actor, verb=move.verb, subject=campaign)
            announce(move.event, tenant_id=tenant_id, campaign_id=campaign_id)
        elif campaign.state != move.target:
            raise CampaignError(move.refusals[State(campaign.state)])
    return campaign
