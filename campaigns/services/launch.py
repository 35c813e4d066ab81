"""Launches a campaign: checks, frozen content, and the moment that makes its message ids."""

import secrets
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection
from django.utils import timezone

from accounts import audit
from accounts.audit import Actor
from accounts.tenancy import tenant_scope
from campaigns.events import announce, launch_requested
from campaigns.exceptions import CampaignError
from campaigns.models import Campaign
from campaigns.services.checks import check_campaign, refuse
from campaigns.services.content import write_content
from relay_saas.web.errors import NotFound

_LOCK = "select pg_advisory_xact_lock(hashtextextended(%s, 20263))"


def request_launch(*, tenant_id: UUID, campaign_id: int, actor: Actor) -> Campaign:
    """Moves a draft or a planned campaign to *launching* at once; one that was launched before comes back as
    it is.

    Raises NotFound, LaunchRefused (nothing has changed then), CampaignError for a cancelled one.
    """
    with tenant_scope(tenant_id):
        campaign = locked_campaign(campaign_id)
        if campaign.state == Campaign.State.CANCELLED:
            raise CampaignError("already_cancelled")
        if campaign.state in {Campaign.State.DRAFT, Campaign.State.SCHEDULED}:
            launch(campaign, actor)
    return campaign


def locked_campaign(campaign_id: int) -> Campaign:
    """The campaign, held until the caller's transaction ends; raises NotFound.

    Twenty clicks wait for each other here; the first one moves it, the others see that.
    """
    campaign = Campaign.objects.select_for_update().filter(pk=campaign_id).first()
    if campaign is None:
        raise NotFound
    return campaign


def launch(campaign: Campaign, actor: Actor) -> None:
    """Freezes and moves a campaign that the caller holds; raises LaunchRefused."""
    tenant_id = campaign.tenant_id
    checked = check_campaign(tenant_id=tenant_id, campaign=campaign)
    refuse(checked.findings)
    campaign.content = write_content(checked)
    campaign.launched_at = _free_millisecond(tenant_id, timezone.now())
    campaign.salt = secrets.randbits(62)
    campaign.state = Campaign.State.LAUNCHING
    campaign.launch_refusal = ""
    campaign.archived_at = None
    campaign.save(
        update_fields=[
            "content", "launched_at", "salt", "state", "launch_refusal", "archived_at", "updated_at",
        ]
    )  # fmt: skip
    audit.record(
        tenant_id=tenant_id,
        actor=actor,
        verb="launched",
        subject=campaign,
        changes={"subject": campaign.subject, "reachable": checked.audience.reachable},
    )
    announce(launch_requested, tenant_id=tenant_id, campaign_id=campaign.pk)


def _free_millisecond(tenant_id: UUID, now: datetime) -> datetime:
    """`now` cut to a millisecond that no other campaign of the tenant was launched in."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [str(tenant_id)])
    moment = now.replace(microsecond=now.microsecond // 1000 * 1000)
    while Campaign.objects.filter(launched_at=moment).exists():
        moment += timedelta(milliseconds=1)
    return moment
