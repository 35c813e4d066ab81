"""Plans campaigns: "send now" is a launch some seconds away, until then it can be undone."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog
from django.conf import settings
from django.db import connection
from django.utils import timezone, translation

from accounts import audit
from accounts.audit import Actor
from accounts.models import Tenant, User
from accounts.tenancy import tenant_scope
from campaigns.exceptions import (
    BadSchedule,
    CampaignError,
    DraftChanged,
    LaunchRefused,
    NotChecked,
    NotTyped,
)
from campaigns.models import Campaign
from campaigns.services import letters
from campaigns.services.checks import refuse
from campaigns.services.launch import launch, locked_campaign
from campaigns.services.review import review_campaign

LOG = structlog.get_logger(__name__)

#: A plan further away is a slip of the keys.
MAX_DAYS: Final = 366
#: What the audit trail shows for a launch that nobody clicked.
SCHEDULE: Final = Actor(name="schedule")
#: Above this many people their number is typed before it goes out.
TYPED: Final = 10_000
#: By so much the list may have changed while somebody typed.
_LEEWAY: Final = 0.01
State = Campaign.State


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the person who sends has looked at; the default asks for nothing."""

    #: Codes of the warnings that they have ticked; None asks for none.
    ticked: Collection[str] | None = None
    #: Of the draft that they have seen; None means any.
    version: int | None = None
    #: How many people they typed; None asks for no number, as programs type none.
    typed: int | None = None


NOTHING: Final = Seen()


def send_now(*, tenant_id: UUID, campaign_id: int, actor: Actor, seen: Seen = NOTHING) -> Campaign:
    """Plans a draft for some seconds from now, so that it can be undone; a planned or launched one comes back
    as it is.

    Raises NotFound, LaunchRefused, NotChecked, NotTyped, DraftChanged, and CampaignError for a cancelled one.
    """
    at = timezone.now() + timedelta(seconds=undo_seconds(tenant_id))
    return _plan(tenant_id, campaign_id, actor, at, seen)


def schedule(
    *, tenant_id: UUID, campaign_id: int, at: datetime, actor: Actor, seen: Seen = NOTHING
) -> Campaign:
    """Plans a draft for a later time; raises what `send_now` raises, and BadSchedule."""
    now = timezone.now()
    if at <= now:
        raise BadSchedule("in_the_past")
    if at > now + timedelta(days=MAX_DAYS):
        raise BadSchedule("too_far", days=MAX_DAYS)
    return _plan(tenant_id, campaign_id, actor, at, seen)


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
        person = letters.person_of(campaign)
        try:
            # The checks speak to whoever hears of it if they stop the launch.
            with translation.override(person.locale if person else None), tenant_scope(tenant_id):
                launch(campaign, actor)
        except LaunchRefused as error:
            _stop(campaign, actor, error, person)
    return True


def _stop(campaign: Campaign, actor: Actor, error: LaunchRefused, person: User | None) -> None:
    _unplan(campaign, refusal=error.code)
    changes: dict[str, object] = {"code": error.code}
    audit.record(
        tenant_id=campaign.tenant_id, actor=actor, verb="not_launched", subject=campaign, changes=changes
    )
    if person is not None:
        letters.not_launched(campaign, person, [str(problem.detail) for problem in error.errors])


def undo_seconds(tenant_id: UUID) -> int:
    """How long "send now" can be undone: as the organization says, else RELAY_UNDO_SECONDS."""
    with tenant_scope(tenant_id):
        own = Tenant.objects.values_list("undo_seconds", flat=True).get(pk=tenant_id)
    return settings.RELAY_UNDO_SECONDS if own is None else own


def _plan(tenant_id: UUID, campaign_id: int, actor: Actor, at: datetime, seen: Seen) -> Campaign:
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
        if seen.typed is not None and not _is_typed(review.audience.reachable, seen.typed):
            raise NotTyped
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


def _is_typed(reachable: int, typed: int) -> bool:
    """Whether nobody has to type the number, or it is (about) the one that was typed."""
    return reachable <= TYPED or abs(typed - reachable) <= reachable * _LEEWAY


def _unplan(campaign: Campaign, *, refusal: str) -> None:
    campaign.state = State.DRAFT
    campaign.launch_refusal = refusal
    # A refused one keeps its time, so that people see which plan failed.
    if not refusal:
        campaign.scheduled_at = None
    campaign.save(update_fields=["state", "launch_refusal", "scheduled_at"])
