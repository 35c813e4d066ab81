"""What waits and why: the campaign's page tells it by provider, and nobody learns of others' mail."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone, translation

from accounts.audit import SYSTEM
from accounts.models import Role, Tenant, User
from accounts.models.tenant import new_id
from accounts.services.tenants import add_member
from campaigns.models import Campaign
from delivery.models import (
    Attempt,
    AttemptState,
    EgressPool,
    Lane,
    PolicyAction,
    QueueEntry,
    Reply,
    Rollup,
    Scope,
)
from delivery.models.stream import Stream
from delivery.services.policy import impose, suspend
from tests.delivery.story import site_of
from tracking.selectors.live import providers
from tracking.selectors.waits import Hold, ProviderWait, provider_waits
from tracking.views.wait_wording import end_text, wait_text

SAID = "421 4.7.28 unusual rate, said to us"
FOREIGN = "421 4.7.28 unusual rate of mail from other-shop.example"


def waiting(campaign: Campaign, n: int, provider: str = "gmail", number: int = 77) -> int:
    """`n` messages of the campaign that are due in ten minutes; returns the provider's number."""
    site = site_of(f"{provider}.test", provider, number)
    pool, _ = EgressPool.objects.get_or_create(name="shared")
    lane = Lane.objects.create(
        tenant_id=campaign.tenant_id, pool=pool, site=site, stream=Stream.MARKETING, campaign_id=campaign.pk
    )
    due = timezone.now() + timedelta(minutes=10)
    for _ in range(n):
        QueueEntry.objects.create(
            tenant_id=campaign.tenant_id, message_id=uuid4(), lane_id=lane.pk, domain_id=1,
            campaign_id=campaign.pk, next_attempt_at=due, expires_at=due + timedelta(days=2),
        )  # fmt: skip
    return number


def deferral(campaign: Campaign, provider: int, text: str = SAID) -> None:
    reply = Reply.objects.create(tenant_id=campaign.tenant_id, digest=uuid4().bytes, text=text)
    Attempt.objects.create(
        tenant_id=campaign.tenant_id, message_id=new_id(), number=1, campaign_id=campaign.pk,
        state=AttemptState.DEFERRED, category="rate_limited", reply_id=reply.pk, provider_id=provider,
        at=timezone.now(),
    )  # fmt: skip


def lines(campaign: Campaign) -> list[ProviderWait]:
    rows = providers(tenant_id=campaign.tenant_id, campaign_id=campaign.pk)
    return provider_waits(campaign=campaign, rows=rows, now=timezone.now())


def text(line: ProviderWait) -> str:
    with translation.override("en"):
        return wait_text(line)


def test_without_open_work_nothing_is_told(campaign: Campaign) -> None:
    assert lines(campaign) == []


def test_a_provider_that_asked_for_patience_is_tried_again(campaign: Campaign) -> None:
    provider = waiting(campaign, 3)
    deferral(campaign, provider)
    [line] = lines(campaign)
    assert (line.name, line.waiting, line.hold, line.reply) == ("gmail", 3, Hold.RETRY, SAID)
    assert text(line).startswith("tried again from ")
    assert end_text(line) == ""


def test_a_slow_down_is_told_with_its_end_and_ones_own_reply(campaign: Campaign) -> None:
    provider = waiting(campaign, 2)
    deferral(campaign, provider)
    until = timezone.now() + timedelta(minutes=22)
    impose(
        scope=Scope(provider_id=provider), action=PolicyAction.RATE_PER_MINUTE, value=60, reason="secret",
        set_by="rule", rule="gmail_428", evidence=FOREIGN, until=until,
    )  # fmt: skip
    [line] = lines(campaign)
    assert (line.hold, line.until, line.reply) == (Hold.SLOWED, until, SAID)


def test_a_stop_without_an_end_promises_none(campaign: Campaign) -> None:
    waiting(campaign, 1)
    suspend(scope=Scope(), reason="a fire", set_by="operator")
    [line] = lines(campaign)
    assert (line.hold, line.until, line.expected_end) == (Hold.SUSPENDED, None, None)
    assert text(line) == "stopped until the operators lift it"


@pytest.mark.parametrize(
    "scope",
    [
        Scope(tenant_id=uuid4()),
        Scope(provider_id=99),
        Scope(stream=Stream.TRANSACTIONAL.value),
        Scope(domain="news.globex.test"),
        Scope(campaign_id=10**9),
        Scope(source_id=1),
        Scope(host="mx1.gmail.test"),
    ],
    ids=lambda scope: next(iter(scope.parts())),
)
def test_what_is_about_others_holds_nothing_up(campaign: Campaign, scope: Scope) -> None:
    waiting(campaign, 1)
    suspend(scope=scope, reason="not this one", set_by="rule")
    assert [line.hold for line in lines(campaign)] == [Hold.RETRY]


def test_a_stop_of_a_site_is_told_at_its_provider(campaign: Campaign) -> None:
    waiting(campaign, 1)
    waiting(campaign, 2, "docomo", 78)
    suspend(scope=Scope(site_id=site_of().pk), reason="too fast", set_by="rule")
    assert [(line.name, line.hold) for line in lines(campaign)] == [
        ("docomo", Hold.RETRY),
        ("gmail", Hold.SUSPENDED),
    ]


def test_the_end_is_counted_by_the_pace_of_that_provider(campaign: Campaign) -> None:
    provider = waiting(campaign, 30)
    QueueEntry.objects.update(next_attempt_at=timezone.now() - timedelta(seconds=5))
    minute = timezone.now().replace(second=0, microsecond=0) - timedelta(minutes=1)
    Rollup.objects.create(
        tenant_id=campaign.tenant_id, campaign_id=campaign.pk, minute=minute, provider_id=provider,
        state=AttemptState.DELIVERED, shard=0, n=9,
    )  # fmt: skip
    [line] = lines(campaign)
    assert line.hold is Hold.MOVING
    assert line.expected_end is not None
    # 9 in three minutes: 30 take ten.
    assert abs(line.expected_end - timezone.now() - timedelta(minutes=10)) < timedelta(seconds=30)
    with translation.override("en"):
        assert end_text(line).startswith("done about ")


def test_the_page_shows_the_own_reply_escaped_and_never_the_foreign_one(
    tenant: Tenant, campaign: Campaign
) -> None:
    provider = waiting(campaign, 2)
    deferral(campaign, provider, "421 <script>alert(1)</script>")
    suspend(
        scope=Scope(provider_id=provider), reason="another shop was too fast", set_by="rule", evidence=FOREIGN
    )
    user = User.objects.create_user("owner@acme.test")
    add_member(tenant_id=tenant.pk, user=user, role=Role.OWNER, actor=SYSTEM)
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(user)
    page = client.get(f"/o/acme/campaigns/{campaign.pk}/").content.decode()
    assert "2 waiting, stopped until the operators lift it" in page
    assert "421 &lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "another shop" not in page
    assert "other-shop.example" not in page
