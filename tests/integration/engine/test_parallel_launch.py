"""Twenty clicks on Send."""

from concurrent.futures import ThreadPoolExecutor

from django.db import connections
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts.audit import SYSTEM
from accounts.models import AuditEvent, Role, SendingDomain, Tenant, User
from accounts.services.tenants import add_member
from accounts.tenancy import tenant_scope
from campaigns.models import Campaign
from campaigns.services.campaigns import CampaignDraft, create_campaign
from campaigns.services.schedule import launch_planned
from delivery.models import Launch, Message, QueueEntry
from delivery.services.expand import write_messages
from tests.delivery.builders import make_campaign, make_contacts, make_list


def test_twenty_parallel_launches_write_one_ledger(tenant: Tenant, domain: SendingDomain) -> None:
    mailing_list = make_list(tenant.pk)
    make_contacts(tenant.pk, mailing_list, [f"p{n}@one.test" for n in range(300)])
    campaign_id = make_campaign(tenant.pk, mailing_list, domain)

    def launch(_: int) -> int:
        try:
            return write_messages(tenant_id=tenant.pk, campaign_id=campaign_id).written
        finally:
            connections.close_all()

    with ThreadPoolExecutor(20) as pool:
        written = sorted(pool.map(launch, range(20)))
    assert written == [0] * 19 + [300]
    with tenant_scope(tenant.pk):
        assert Message.objects.count() == QueueEntry.objects.count() == 300
        assert Launch.objects.count() == 1


def test_twenty_clicks_on_send_plan_one_campaign_and_twenty_ticks_launch_it_once(
    tenant: Tenant, domain: SendingDomain, settings: Settings
) -> None:
    settings.RELAY_UNDO_SECONDS = 0
    user = User.objects.create_user(f"eva@{tenant.slug}.test")
    add_member(tenant_id=tenant.pk, user=user, role=Role.MARKETER, actor=SYSTEM)
    campaign = _draft(tenant, domain)
    place = reverse("campaigns:launch", args=[tenant.slug, campaign.pk])
    session = Client()
    session.force_login(user)

    def click(_: int) -> int:
        try:
            client = Client()
            client.cookies = session.cookies
            return client.post(place, {"checked": ["not_tested", "night", "preheader_empty"]}).status_code
        finally:
            connections.close_all()

    def tick(_: int) -> bool:
        try:
            return launch_planned(tenant_id=tenant.pk, campaign_id=campaign.pk)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(20) as pool:
        assert set(pool.map(click, range(20))) == {302}
        assert sorted(pool.map(tick, range(20))) == [False] * 19 + [True]
    with tenant_scope(tenant.pk):
        found = AuditEvent.objects.filter(object_type="campaign", object_id=str(campaign.pk))
        assert sorted(found.values_list("verb", flat=True)) == ["created", "launched", "scheduled"]


def _draft(tenant: Tenant, domain: SendingDomain) -> Campaign:
    with tenant_scope(tenant.pk):
        known = {"legal_name": "Acme", "postal_address": "Tokyo", "contact_address": "a@acme.test"}
        Tenant.objects.filter(pk=tenant.pk).update(**known)
    mailing_list = make_list(tenant.pk)
    make_contacts(tenant.pk, mailing_list, ["ann@one.test"])
    draft = CampaignDraft(
        name="News",
        mailing_list_id=mailing_list.pk,
        from_address=f"news@{domain.name}",
        subject="News",
        markup=Campaign.Markup.HTML,
        html_source="<p>{{ sender.legal_name }} <a href='{{ unsubscribe_url }}'>stop</a></p>",
    )
    return create_campaign(tenant_id=tenant.pk, draft=draft, actor=SYSTEM)
