"""The figures of a campaign: they add up, and they cost a fixed number of queries."""

from collections.abc import Callable
from typing import Any

from accounts.models import Tenant
from campaigns.models import Campaign
from delivery.models import AttemptState
from tracking.models import Engagement, EngagementCounter
from tracking.selectors.campaigns import Wanted, campaign_page, running_campaigns
from tracking.selectors.estimate import estimate
from tracking.selectors.live import minutes, providers
from tracking.selectors.totals import totals_of
from tracking.views.wording import funnel, state_rows

Count = Callable[..., None]


def test_the_states_add_up_to_the_audience(tenant: Tenant, campaign: Campaign, count: Count) -> None:
    count(AttemptState.DELIVERED, 50)
    count(AttemptState.DELIVERED, 20, shard=1)
    count(AttemptState.BOUNCED, 5)
    count(AttemptState.DEFERRED, 40)
    totals = totals_of(tenant_id=tenant.pk, audiences={campaign.pk: 100})[campaign.pk]
    assert (totals.delivered, totals.bounced, totals.settled, totals.waiting) == (70, 5, 75, 25)
    assert sum(line.n for line in state_rows(totals)) == totals.audience


def test_a_late_bounce_moves_a_message_from_one_state_to_another(
    tenant: Tenant, campaign: Campaign, count: Count
) -> None:
    count(AttemptState.DELIVERED, 100)
    count(AttemptState.DELIVERED, -1, shard=2)
    count(AttemptState.BOUNCED, 1)
    totals = totals_of(tenant_id=tenant.pk, audiences={campaign.pk: 100})[campaign.pk]
    assert (totals.delivered, totals.bounced, totals.waiting) == (99, 1, 0)


def test_people_and_machines_are_counted_apart(tenant: Tenant, campaign: Campaign) -> None:
    for kind, machine, n in (("opened", False, 30), ("opened", True, 12), ("clicked", False, 4)):
        EngagementCounter.objects.create(
            tenant_id=tenant.pk, campaign_id=campaign.pk, kind=kind, machine=machine, total=n, messages=n
        )
    totals = totals_of(tenant_id=tenant.pk, audiences={campaign.pk: 100})[campaign.pk]
    assert (totals.opened, totals.machine_opened, totals.clicked, totals.machine_clicked) == (30, 12, 4, 0)
    assert totals.people(Engagement.Kind.COMPLAINED) == 0
    assert [line.n for line in funnel(totals)] == [100, 0, 30, 4, 0]


def test_a_campaign_of_nobody_divides_by_nothing(tenant: Tenant) -> None:
    totals = totals_of(tenant_id=tenant.pk, audiences={7: 0})[7]
    assert (totals.share(0), totals.waiting) == (0.0, 0)


def test_providers_are_listed_with_what_they_took(tenant: Tenant, campaign: Campaign, minute: Count) -> None:
    minute("gmail", 1, AttemptState.DELIVERED, 40)
    minute("gmail", 2, AttemptState.DELIVERED, 10)
    minute("gmail", 2, AttemptState.BOUNCED, 2)
    minute("docomo", 2, AttemptState.DEFERRED, 3)
    rows = {row.name: row for row in providers(tenant_id=tenant.pk, campaign_id=campaign.pk)}
    assert (rows["gmail"].delivered, rows["gmail"].bounced, rows["docomo"].deferred) == (50, 2, 3)
    assert next(iter(rows)) == "gmail"
    assert rows["docomo"].delivered_share is None


def test_the_chart_fills_quiet_minutes_with_zero(tenant: Tenant, campaign: Campaign, minute: Count) -> None:
    minute("gmail", 1, AttemptState.DELIVERED, 40)
    minute("yahoo", 1, AttemptState.DELIVERED, 2)
    minute("gmail", 4, AttemptState.DELIVERED, 5)
    chart = minutes(tenant_id=tenant.pk, campaign_id=campaign.pk)
    assert [time.minute for time in chart.times] == [1, 2, 3, 4]
    assert chart.series[0].values == (42.0, 0.0, 0.0, 5.0)


def test_before_anything_was_sent_the_chart_is_empty(tenant: Tenant, campaign: Campaign) -> None:
    assert minutes(tenant_id=tenant.pk, campaign_id=campaign.pk).times == ()


def test_the_list_costs_the_same_for_one_campaign_and_for_twenty_five(
    tenant: Tenant, campaign: Campaign, django_assert_num_queries: Any
) -> None:
    for number in range(30):
        campaign.pk, campaign.launched_at, campaign.name = None, None, f"Copy {number}"
        campaign.save(force_insert=True)
    with django_assert_num_queries(3):
        page = campaign_page(tenant_id=tenant.pk, cursor=None)
    assert len(page.items) == 25
    rest = campaign_page(tenant_id=tenant.pk, cursor=page.next_cursor)
    assert len(rest.items) == 6
    assert rest.next_cursor is None


def test_the_list_is_filtered_by_state(tenant: Tenant, campaign: Campaign) -> None:
    assert [
        row.id
        for row in campaign_page(tenant_id=tenant.pk, cursor=None, wanted=Wanted(state="sending")).items
    ] == [campaign.pk]
    assert campaign_page(tenant_id=tenant.pk, cursor=None, wanted=Wanted(state="nonsense")).items == ()
    assert [row.id for row in running_campaigns(tenant_id=tenant.pk)] == [campaign.pk]


def test_the_next_campaigns_time_is_guessed_from_the_last_ones_pace_without_its_tail(
    tenant: Tenant, campaign: Campaign, minute: Callable[..., None]
) -> None:
    assert estimate(tenant_id=tenant.pk, messages=1000) is None
    Campaign.objects.filter(pk=campaign.pk).update(finished_at=campaign.launched_at)
    assert estimate(tenant_id=tenant.pk, messages=1000) is None
    minute("gmail", 1, AttemptState.DELIVERED, 60)
    minute("gmail", 2, AttemptState.DELIVERED, 38)
    minute("slow", 40, AttemptState.DELIVERED, 2)
    found = estimate(tenant_id=tenant.pk, messages=1000)
    assert (found.per_minute, found.minutes) == (49, 21)
