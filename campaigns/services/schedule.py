"""Plans campaigns: "send now" is a launch some seconds away, until then it can be undone."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog
from django.conf import settings
from django.db import connection
from django.utils import timezone

from accounts import audit
from accounts.audit import Actor
from accounts.tenancy import tenant_scope
from campaigns.exceptions import BadSchedule, CampaignError, DraftChanged, LaunchRefused, NotChecked
from campaigns.models import Campaign
from campaigns.services.checks import refuse
from campaigns.services.launch import launch, locked_campaign
from campaigns.services.review import review_campaign

LOG = structlog.get_logger(__name__)

#: A plan further away is a slip of the keys.
MAX_DAYS: Final = 366
#: What the audit trail shows for a launch that nobody clicked.
SCHEDULE: Final = Actor(name="schedule")
State = Campaign.State


def send_now(
    *,
    tenant_id: UUID,
    campaign_id: int,
    actor: Actor,
    ticked: Collection[str] | None = None,
    version: int | None = None,
) -> Campaign:
    """Plans a draft for RELAY_UNDO_SECONDS from now; one that is planned or launched comes back as it is.

    `ticked`: codes of the warnings that the person has looked at; None asks for none. `version`: of the draft
    that they have seen; None means any. Raises NotFound, LaunchRefused, NotChecked, DraftChanged, and
    CampaignError for a cancelled one.
    """
    at = timezone.now() + timedelta(seconds=settings.RELAY_UNDO_SECONDS)
    return _plan(tenant_id, campaign_id, actor, at, _Seen(ticked=ticked, version=version))


def schedule(
    *,
    tenant_id: UUID,
    campaign_id: int,
    at: datetime,
    actor: Actor,
    ticked: Collection[str] | None = None,
    version: int | None = None,
) -> Campaign:
    """Plans a draft for a later time; raises what `send_now` raises, and BadSchedule."""
    now = timezone.now()
    if at <= now:
        raise BadSchedule("in_the_past")
    if at > now + timedelta(days=MAX_DAYS):
        raise BadSchedule("too_far", days=MAX_DAYS)
    return _plan(tenant_id, campaign_id, actor, at, _Seen(ticked=ticked, version=version))


def undo(*, tenant_id: UUID, campaign_id: int, actor: Actor) -> Campaign:
    """Takes a planned campaign back to the drafts; a draft comes back as it is.

    Raises NotFound, CampaignError once it was launched.
    """
    with tenant_scope(tenant_id):
        campaign = locked_campaign(campaign_id)
        if campaign.state == State.SCHEDULED:
            _unplan(campaign, refusal="")
            audit.record(tenant_id=tenant_id, actor=actor, verb="unscheduled", subject=campaign)
        elif campaign.state != State.DRAFT:
            raise CampaignError("too_late")
    return campaign


def launch_due() -> int:
    """Launches every planned campaign whose time has come, each once; returns how many moved."""
    with connection.cursor() as cursor:
        cursor.execute("select tenant_id, campaign_id from campaigns_to_launch()")
        waiting: list[tuple[UUID, int]] = cursor.fetchall()
    moved = 0
    for tenant_id, campaign_id in waiting:
        try:
            moved += launch_planned(tenant_id=tenant_id, campaign_id=campaign_id)
        except Exception:
            # One campaign that cannot be launched must not hold back those of other organizations.
            LOG.exception("a planned campaign was not launched", campaign=campaign_id)
    return moved


def launch_planned(*, tenant_id: UUID, campaign_id: int) -> bool:
    """Launches one planned campaign if its time has come; one that fails its checks is a draft again."""
    with tenant_scope(tenant_id):
        campaign = locked_campaign(campaign_id)
        due = campaign.scheduled_at is not None and campaign.scheduled_at <= timezone.now()
        if campaign.state != State.SCHEDULED or not due:
            return False
        actor = Actor(name=SCHEDULE.name, user_id=campaign.scheduled_by_id)
        try:
            with tenant_scope(tenant_id):
                launch(campaign, actor)
        except LaunchRefused as error:
            _unplan(campaign, refusal=error.code)
            audit.record(
                tenant_id=tenant_id,
                actor=actor,
                verb="not_launched",
                subject=campaign,
                changes={"code": error.code},
            )
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """What the person who sends has looked at; None asks for nothing."""

    ticked: Collection[str] | None
    version: int | None


def _plan(tenant_id: UUID, campaign_id: int, actor: Actor, at: datetime, seen: _Seen) -> Campaign:
    with tenant_scope(tenant_id):
        campaign = locked_campaign(campaign_id)
        if campaign.state == State.CANCELLED:
            raise CampaignError("already_cancelled")
        if campaign.state != State.DRAFT:
            return campaign
        if seen.version not in {None, campaign.version}:
            raise DraftChanged
        review = review_campaign(tenant_id=tenant_id, campaign=campaign, at=at)
        refuse(review.findings)
        warnings = {finding.code for finding in review.warnings}
        if seen.ticked is not None and not warnings <= set(seen.ticked):
            raise NotChecked
        campaign.state = State.SCHEDULED
        campaign.scheduled_at = at
        campaign.scheduled_by_id = actor.user_id
        campaign.launch_refusal = ""
        campaign.archived_at = None
        campaign.save(
            update_fields=["state", "scheduled_at", "scheduled_by_id", "launch_refusal", "archived_at"]
        )
        audit.record(
            tenant_id=tenant_id,
            actor=actor,
            verb="scheduled",
            subject=campaign,
            changes={
                "at": at.isoformat(),
                "reachable": review.audience.reachable,
                "warnings": sorted(warnings),
            },
        )
    return campaign


def _unplan(campaign: Campaign, *, refusal: str) -> None:
    campaign.state = State.DRAFT
    campaign.launch_refusal = refusal
    # A refused one keeps its time, so that people see which plan failed.
    if not refusal:
        campaign.scheduled_at = None
    campaign.save(update_fields=["state", "launch_refusal", "scheduled_at"])
