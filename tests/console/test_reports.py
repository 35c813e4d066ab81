"""The report over all mail: the period, the receiving sides, the reputation, and what it costs."""

from datetime import timedelta
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.audit import SYSTEM
from accounts.models import Role, Tenant, User
from accounts.services.tenants import add_member, create_tenant
from accounts.tenancy import tenant_scope
from campaigns.models import Campaign
from delivery.models import AttemptState, Counter, Provider, Rollup
from tests.statements import at_most
from tracking.models import EngagementCounter, EngagementRollup

DELIVERED, BOUNCED, DEFERRED = AttemptState.DELIVERED, AttemptState.BOUNCED, AttemptState.DEFERRED


@pytest.fixture
def tenant(db: None) -> Tenant:
    return create_tenant(slug="acme", name="Acme", actor=SYSTEM)


@pytest.fixture
def campaign(tenant: Tenant) -> Campaign:
    with tenant_scope(tenant.pk):
        return Campaign.objects.create(
            tenant_id=tenant.pk, name="秋の号", state="sent", launched_at=timezone.now() - timedelta(days=2)
        )


def person(tenant: Tenant, role: Role = Role.ANALYST) -> Client:
    user = User.objects.create_user(f"{role}@people.test")
    add_member(tenant_id=tenant.pk, user=user, role=role, actor=SYSTEM)
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(user)
    return client


def page(client: Client, **query: str) -> str:
    return unescape(client.get(reverse("console:reports", args=["acme"]), query).content.decode())


def sent(campaign: Campaign, provider: str, *, days: int = 2, **states: int) -> None:
    side, _ = Provider.objects.get_or_create(
        name=provider, defaults={"id": 800 + Provider.objects.filter(id__gte=800).count()}
    )
    minute = (timezone.now() - timedelta(days=days)).replace(second=0, microsecond=0)
    with tenant_scope(campaign.tenant_id):
        for state, n in states.items():
            Rollup.objects.create(
                tenant_id=campaign.tenant_id,
                campaign_id=campaign.pk,
                minute=minute,
                provider_id=side.pk,
                state=AttemptState[state],
                shard=1,
                n=n,
            )


def complained(campaign: Campaign, n: int, delivered: int) -> None:
    values = {"tenant_id": campaign.tenant_id, "campaign_id": campaign.pk, "kind": "complained"}
    hour = (timezone.now() - timedelta(days=2)).replace(minute=0, second=0, microsecond=0)
    with tenant_scope(campaign.tenant_id):
        EngagementRollup.objects.create(
            **values, hour=hour, link_index=-1, machine=False, total=n, messages=n
        )
        EngagementCounter.objects.create(**values, machine=False, total=n, messages=n)
        Counter.objects.create(
            tenant_id=campaign.tenant_id, campaign_id=campaign.pk, state=DELIVERED, shard=0, n=delivered
        )


def test_before_anything_was_sent_the_page_says_what_will_stand_there(tenant: Tenant) -> None:
    shown = page(person(tenant))
    assert "Nothing was sent in these days" in shown
    assert "No receiving side yet" in shown


def test_each_receiving_side_is_judged_in_a_word(campaign: Campaign, tenant: Tenant) -> None:
    sent(campaign, "gold.test", DELIVERED=990, BOUNCED=5, DEFERRED=40)
    sent(campaign, "silver.test", DELIVERED=92, BOUNCED=8)
    sent(campaign, "lead.test", DELIVERED=70, BOUNCED=30)
    sent(campaign, "tiny.test", DELIVERED=1)
    shown = page(person(tenant))
    for name, words, share in (
        ("gold.test", "good", "99.5%"),
        ("silver.test", "watch", "92.0%"),
        ("lead.test", "low", "70.0%"),
        ("tiny.test", "too few to say", "100.0%"),
    ):
        row = shown.split(f">{name}<", 1)[1].split("</tr>", 1)[0]
        assert words in row
        assert share in row


def test_complaints_stand_beside_the_lines_and_the_worst_campaign_comes_first(
    campaign: Campaign, tenant: Tenant
) -> None:
    sent(campaign, "gold.test", DELIVERED=1000)
    complained(campaign, 4, 1000)
    shown = page(person(tenant))
    assert "over 0.3%" in shown
    assert "Watch (0.1%)" in shown
    assert "秋の号" in shown
    assert "0.40%" in shown


def test_the_period_leaves_out_what_is_older(campaign: Campaign, tenant: Tenant) -> None:
    sent(campaign, "gold.test", days=20, DELIVERED=500)
    client = person(tenant)
    assert "gold.test" in page(client)
    assert "gold.test" not in page(client, days="7")
    assert "gold.test" in page(client, days="nonsense")


def test_it_costs_few_queries_however_much_was_sent(campaign: Campaign, tenant: Tenant) -> None:
    client = person(tenant)
    for number in range(12):
        sent(campaign, f"side{number}.test", DELIVERED=100, BOUNCED=1)
    with at_most(20):
        page(client)


def test_another_organizations_mail_is_not_in_it(campaign: Campaign, tenant: Tenant) -> None:
    other = create_tenant(slug="globex", name="Globex", actor=SYSTEM)
    user = User.objects.create_user("eve@people.test")
    add_member(tenant_id=other.pk, user=user, role=Role.OWNER, actor=SYSTEM)
    sent(campaign, "gold.test", DELIVERED=500)
    client = Client()
    client.force_login(user)
    assert "gold.test" not in client.get("/o/globex/reports/").content.decode()
