"""The report: sums that add up, people apart from machines, what is usual, words for what came back."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import Sum
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.audit import SYSTEM
from accounts.models import Role, Tenant, User
from accounts.services.tenants import add_member
from campaigns.models import Campaign, Link
from delivery.models import AttemptState
from tests.statements import at_most
from tests.tracking.people import attempted, did, launched
from tracking.models import EngagementCounter, EngagementRollup
from tracking.selectors.report import curves, links, totals_and_usual
from tracking.selectors.totals import Totals, totals_of
from tracking.views.report_wording import Counted, complaints_kind, tiles

A = AttemptState


@pytest.fixture
def client(tenant: Tenant) -> Client:
    """An analyst's browser."""
    user = User.objects.create_user("analyst@acme.test")
    add_member(tenant_id=tenant.pk, user=user, role=Role.ANALYST, actor=SYSTEM)
    browser = Client(headers={"Accept-Language": "en"})
    browser.force_login(user)
    return browser


def page(client: Client, campaign: Campaign, query: str = "") -> str:
    response = client.get(f"/o/acme/campaigns/{campaign.pk}/report/{query}")
    assert response.status_code == 200
    return response.content.decode()


def test_hours_and_links_add_up_to_the_counters(tenant: Tenant, campaign: Campaign) -> None:
    first, second = launched(campaign, A.DELIVERED, A.DELIVERED)
    did(campaign, [first, second, first], "opened")
    did(campaign, [first], "clicked", link=0)
    did(campaign, [first], "clicked", link=1, at=timezone.now() + timedelta(hours=3))
    did(campaign, [first], "clicked", link=1, machine=True)
    for kind, machine in (("opened", False), ("clicked", False), ("clicked", True)):
        rows = EngagementRollup.objects.filter(campaign_id=campaign.pk, kind=kind, machine=machine)
        told = EngagementCounter.objects.get(campaign_id=campaign.pk, kind=kind, machine=machine)
        assert rows.aggregate(n=Sum("total"), m=Sum("messages")) == {"n": told.total, "m": told.messages}
    clicks = EngagementRollup.objects.filter(kind="clicked", machine=False).order_by("link_index")
    assert list(clicks.values_list("link_index", "total", "messages")) == [(0, 1, 1), (1, 1, 0)]


def test_links_are_ranked_and_machines_stand_apart(tenant: Tenant, campaign: Campaign) -> None:
    for index, target in enumerate(("https://acme.test/a", "https://acme.test/b", "https://acme.test/c")):
        Link.objects.create(tenant_id=tenant.pk, content=campaign.content, index=index, target=target)
    first, second = launched(campaign, A.DELIVERED, A.DELIVERED)
    did(campaign, [first, second], "clicked", link=1)
    did(campaign, [first], "clicked", link=0)
    did(campaign, [first], "clicked", link=0, machine=True)
    people = links(campaign, machines=False)
    assert [(row.target[-1], row.people, row.machines) for row in people] == [
        ("b", 2, 0),
        ("a", 1, 1),
        ("c", 0, 0),
    ]
    assert [round(row.share) for row in people] == [67, 33, 0]
    both = {row.index: row for row in links(campaign, machines=True)}
    assert (both[0].share, both[0].people_share, both[1].share) == (50, 25, 50)


def test_the_curve_of_a_day_has_24_hours_and_leaves_the_future_open(
    tenant: Tenant, campaign: Campaign
) -> None:
    (message,) = launched(campaign, A.DELIVERED)
    did(campaign, [message], "clicked", link=0)
    hours = curves(campaign, period="hours", machines=False)
    assert len(hours.times) == 24
    assert hours.total == 1
    assert hours.series[0].values[-1] is None
    days = curves(campaign, period="days", machines=False)
    assert (len(days.times), days.total) == (7, 1)
    assert {time.hour for time in days.times} == {0}


def test_what_is_usual_comes_from_the_campaigns_of_ninety_days_before(
    tenant: Tenant, campaign: Campaign, count: Callable[..., None]
) -> None:
    count(A.DELIVERED, 80)
    later = Campaign.objects.get(pk=campaign.pk)
    later.pk, later.launched_at = None, campaign.launched_at + timedelta(days=30)
    later.save(force_insert=True)
    own, usual = totals_and_usual(later)
    assert (own.audience, own.delivered) == (100, 0)
    assert usual is not None
    assert (usual.audience, usual.delivered) == (100, 80)
    assert totals_and_usual(campaign)[1] is None
    later.launched_at = campaign.launched_at + timedelta(days=121)
    assert totals_and_usual(later)[1] is None


def test_complaints_have_two_lines() -> None:
    assert [complaints_kind(rate) for rate in (None, 0.0, 0.09, 0.1, 0.29, 0.3)] == [
        "", "ok", "ok", "warning", "warning", "danger",
    ]  # fmt: skip
    totals = Totals(
        audience=1000, by_state={A.DELIVERED: 1000}, engaged={("complained", False): 3, ("opened", True): 40}
    )
    shown = tiles(Counted(totals=totals, machines=False), None)
    assert [(one.kind, one.share) for one in shown if one.icon == "alert-triangle"] == [("danger", "0.30%")]
    opened = {
        switch: tiles(Counted(totals=totals, machines=switch), None)[2].share for switch in (False, True)
    }
    assert opened == {False: "0.0%", True: "4.0%"}


def test_the_page_tells_it_all(tenant: Tenant, client: Client, campaign: Campaign) -> None:
    good, bad, _suppressed, late = launched(campaign, A.DELIVERED, A.BOUNCED, A.SUPPRESSED, A.DELIVERED)
    attempted(campaign, late, A.BOUNCED, "mailbox_full")
    did(campaign, [good], "clicked", link=0)
    did(campaign, [good], "opened", machine=True)
    shown = page(client, campaign)
    for part in (
        "No such mailbox",
        "The address does not exist. It gets no more mail from you.",
        "Mailbox full",
        "Not counted, because machines did it: 1 opened, 0 clicked.",
        "no campaign of the 90 days before to compare with",
        "First clicks and opens",
        f"/campaigns/{campaign.pk}/recipients/?state=clicked&amp;link=0",
    ):
        assert part in shown
    assert "People and machines together" in page(client, campaign, "?machines=1&period=days")
    assert str(bad) not in shown


def test_the_page_costs_no_count_over_messages(tenant: Tenant, client: Client, campaign: Campaign) -> None:
    launched(campaign, *[A.DELIVERED] * 3)
    page(client, campaign)
    with at_most(16), CaptureQueriesContext(connection) as told:
        page(client, campaign)
    asked = " ".join(query["sql"] for query in told.captured_queries)
    assert "delivery_message" not in asked
    assert "tracking_reaction" not in asked


def test_a_draft_has_no_report_and_leads_to_its_page(
    tenant: Tenant, client: Client, campaign: Campaign
) -> None:
    Campaign.objects.filter(pk=campaign.pk).update(launched_at=None, audience=None, state="draft")
    response = client.get(f"/o/acme/campaigns/{campaign.pk}/report/")
    assert response.headers["Location"] == f"/o/acme/campaigns/{campaign.pk}/"
    assert totals_of(tenant_id=tenant.pk, audiences={campaign.pk: 0})[campaign.pk].waiting == 0
