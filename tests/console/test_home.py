"""Home and search: the way to the first campaign, 30 days, what needs attention, one search field."""

import re
from collections.abc import Iterator
from html import unescape

import pytest
from django.test import Client
from django.utils import timezone

from accounts.audit import SYSTEM
from accounts.models import Job, Role, SendingDomain, Tenant, User
from accounts.services.tenants import add_member, create_tenant
from accounts.tenancy import tenant_scope
from campaigns.models import Campaign
from campaigns.services.contacts import save_contact
from delivery.models import AttemptState, Provider, Rollup, Scope
from delivery.services.policy import suspend
from relay_saas.mail.ids import format_id
from tests.delivery.builders import make_domain, make_list
from tests.delivery.story import accepted
from tracking.models import EngagementRollup


@pytest.fixture
def tenant(db: None, settings) -> Iterator[Tenant]:
    settings.RELAY_EGRESS = ["shared:127.30.0.1:mx1.relay.test"]
    made = create_tenant(slug="acme", name="Acme", actor=SYSTEM, time_zone="Asia/Tokyo")
    with tenant_scope(made.pk):
        yield made


@pytest.fixture
def client(tenant: Tenant) -> Client:
    user = User.objects.create_user("owner@people.test")
    add_member(tenant_id=tenant.pk, user=user, role=Role.OWNER, actor=SYSTEM)
    browser = Client(headers={"Accept-Language": "en"})
    browser.force_login(user)
    return browser


@pytest.fixture
def campaign(tenant: Tenant) -> Campaign:
    return Campaign.objects.create(
        tenant_id=tenant.pk,
        name="Autumn sale",
        mailing_list=make_list(tenant.pk),
        from_address="n@news.acme.test",
        subject="Leaves fall",
        html_source="",
        state=Campaign.State.SENT,
        launched_at=timezone.now(),
        audience=1000,
    )


def shown(client: Client, path: str = "") -> str:
    response = client.get(f"/o/acme/{path}")
    assert response.status_code == 200
    return unescape(response.content.decode())


def sent(tenant: Tenant, campaign_id: int, state: AttemptState, n: int) -> None:
    Provider.objects.get_or_create(id=7, defaults={"name": "gmail"})
    minute = timezone.now().replace(second=0, microsecond=0)
    Rollup.objects.create(
        tenant_id=tenant.pk,
        campaign_id=campaign_id,
        minute=minute,
        provider_id=7,
        state=state,
        shard=0,
        n=n,
    )


def complained(tenant: Tenant, campaign_id: int, n: int) -> None:
    EngagementRollup.objects.create(
        tenant_id=tenant.pk,
        campaign_id=campaign_id,
        hour=timezone.now().replace(minute=0, second=0, microsecond=0),
        kind="complained",
        link_index=-1,
        machine=False,
        total=n,
        messages=n,
    )


def test_the_setup_card_leads_through_the_steps_until_the_first_campaign_is_out(
    tenant: Tenant, client: Client
) -> None:
    card = "To your first campaign"
    assert shown(client).count("to do") == 4
    make_domain(tenant.pk)
    save_contact(tenant_id=tenant.pk, email="taro@gmail.test", values={}, actor=SYSTEM)
    accepted(tenant, channel="test")
    before = shown(client)
    assert (len(re.findall(r"\s>?done</span>", before)), before.count("to do")) == (3, 1)
    assert "/o/acme/domains/" in before
    Campaign.objects.create(
        tenant_id=tenant.pk,
        name="First",
        mailing_list=make_list(tenant.pk),
        from_address="n@news.acme.test",
        subject="x",
        html_source="",
        launched_at=timezone.now(),
    )
    assert card not in shown(client)


def test_thirty_days_count_campaigns_and_the_api_alike(
    tenant: Tenant, client: Client, campaign: Campaign
) -> None:
    sent(tenant, campaign.pk, AttemptState.DELIVERED, 960)
    sent(tenant, campaign.pk, AttemptState.BOUNCED, 30)
    sent(tenant, 0, AttemptState.DELIVERED, 10)
    sent(tenant, campaign.pk, AttemptState.DEFERRED, 500)
    page = shown(client)
    for figure in ("1,000", "97.0%", "3.0%", "0.00%", "below the line of 0.1%"):
        assert figure in page
    assert page.count('class="plot-danger"') > 30


@pytest.mark.parametrize(
    ("n", "words"),
    [(1, "over 0.1%: providers begin to put mail"), (3, "over 0.3%: providers begin to refuse")],
)
def test_the_lines_of_complaints_are_said_in_words_and_need_attention(
    tenant: Tenant, client: Client, campaign: Campaign, n: int, words: str
) -> None:
    sent(tenant, campaign.pk, AttemptState.DELIVERED, 1000)
    complained(tenant, campaign.pk, n)
    page = shown(client)
    assert page.count(words) == 2
    assert "Needs attention" in page


def test_what_is_broken_stopped_or_failed_needs_attention(
    tenant: Tenant, client: Client, campaign: Campaign
) -> None:
    assert "Needs attention" not in shown(client)
    SendingDomain.objects.filter(pk=make_domain(tenant.pk).pk).update(state=SendingDomain.State.BROKEN)
    Campaign.objects.filter(pk=campaign.pk).update(state=Campaign.State.PAUSED)
    Job.objects.create(tenant_id=tenant.pk, kind="import", title="contacts.csv", state=Job.State.FAILED)
    suspend(scope=Scope(tenant_id=tenant.pk, domain="news.acme.test"), reason="x", set_by="engine")
    page = shown(client)
    for words in (
        "The DNS records of news.acme.test broke",
        "“Autumn sale” is paused and waits for somebody",
        "A job failed: import contacts.csv",
        "Your sending was stopped by the operators.",
    ):
        assert words in page


def test_search_finds_each_kind(tenant: Tenant, client: Client, campaign: Campaign) -> None:
    make_domain(tenant.pk)
    save_contact(tenant_id=tenant.pk, email="taro.yamada@gmail.test", values={}, actor=SYSTEM)
    word = format_id("msg", accepted(tenant, "taro.yamada@gmail.test"))
    assert "taro.yamada@gmail.test" in shown(client, "search/?q=TARO.Y")
    assert f"/o/acme/campaigns/{campaign.pk}/" in shown(client, "search/?q=autumn")
    assert f"/o/acme/messages/{word}/" in shown(client, f"search/?q={word}")
    assert f"/o/acme/messages/{word}/" in shown(client, "search/?q=taro.yamada@gmail.test")
    assert "Nothing found" in shown(client, "search/?q=msg_nonsense")
    assert "Nothing found" in shown(client, "search/?q=%00%25_'")
    assert "What are you looking for?" in shown(client, "search/")


def test_search_shows_nothing_of_another_organization(
    tenant: Tenant, client: Client, campaign: Campaign
) -> None:
    outsider = User.objects.create_user("charlie@people.test")
    assert 'name="q"' in shown(client)
    browser = Client(headers={"Accept-Language": "en"})
    browser.force_login(outsider)
    assert browser.get("/o/acme/search/?q=autumn").status_code == 404
