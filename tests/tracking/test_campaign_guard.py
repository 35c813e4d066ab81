"""A campaign that bounces or is complained about too often is paused once, and its page says why."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from accounts.audit import SYSTEM
from accounts.models import AuditEvent, Role, Tenant, User
from accounts.services.tenants import add_member
from campaigns.models import Campaign
from campaigns.services import control
from delivery.models import AttemptState
from tracking.models import EngagementCounter
from tracking.services.campaign_guard import LEAST_SETTLED, watch

Count = Callable[..., None]


def complained(campaign: Campaign, n: int) -> None:
    EngagementCounter.objects.create(
        tenant_id=campaign.tenant_id,
        campaign_id=campaign.pk,
        kind="complained",
        machine=False,
        total=n,
        messages=n,
    )


def page(tenant: Tenant, campaign: Campaign) -> str:
    user = User.objects.create_user("alice@people.test")
    add_member(tenant_id=tenant.pk, user=user, role=Role.MARKETER, actor=SYSTEM)
    client = Client()
    client.force_login(user)
    return client.get(reverse("tracking:campaign", args=[tenant.slug, campaign.pk])).content.decode()


@pytest.mark.parametrize(
    ("bounced", "complaints", "reason"), [(50, 0, "bounced"), (0, 3, "complained"), (60, 9, "bounced")]
)
def test_beyond_a_limit_a_campaign_is_paused_and_says_why(
    tenant: Tenant, campaign: Campaign, count: Count, bounced: int, complaints: int, reason: str
) -> None:
    count(AttemptState.DELIVERED, 900)
    count(AttemptState.BOUNCED, bounced)
    complained(campaign, complaints)
    assert watch() == [campaign.pk]
    campaign.refresh_from_db()
    assert (campaign.state, campaign.stopped_for) == ("paused", reason)
    assert AuditEvent.objects.get(verb="paused").actor == "guard"
    shown = page(tenant, campaign)
    assert "Paused by the system" in shown
    assert "limit 0.3%" in shown
    assert watch() == []


@pytest.mark.parametrize(
    ("delivered", "bounced", "complaints"),
    [(LEAST_SETTLED - 60, 50, 5), (900, 40, 2), (2000, 0, 5), (900, 9, 0)],
    ids=["too few to say", "under both", "under complaints", "under bounces"],
)
def test_within_the_limits_it_goes_on(
    tenant: Tenant, campaign: Campaign, count: Count, delivered: int, bounced: int, complaints: int
) -> None:
    count(AttemptState.DELIVERED, delivered)
    count(AttemptState.BOUNCED, bounced)
    complained(campaign, complaints)
    assert watch() == []
    assert "It pauses by itself at bounces of 5% or complaints of 0.3%." in page(tenant, campaign)


def test_who_resumes_it_is_not_stopped_by_the_same_limit_again_but_by_the_other(
    tenant: Tenant, campaign: Campaign, count: Count
) -> None:
    count(AttemptState.DELIVERED, 900)
    count(AttemptState.BOUNCED, 90)
    assert watch() == [campaign.pk]
    control.resume(tenant_id=tenant.pk, campaign_id=campaign.pk, actor=SYSTEM)
    assert watch() == []
    complained(campaign, 9)
    assert watch() == [campaign.pk]
    campaign.refresh_from_db()
    assert (campaign.stopped_for, sorted(campaign.guards)) == ("complained", ["bounced", "complained"])
