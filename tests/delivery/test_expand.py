"""A launch writes one ledger, whoever asks and however often."""

import pytest
from django.db import connection

from accounts.models import Tenant
from accounts.tenancy import tenant_scope
from campaigns.models import Campaign, Contact, Subscription, Suppression
from campaigns.services.suppression import suppress
from delivery.models import Domain, Lane, Launch, Message, QueueEntry
from delivery.services.expand import contact_keys, write_messages
from relay_saas.mail.ids import message_uuid

PEOPLE = ("ann@one.test", "bob@one.test", "cho@two.test")


@pytest.fixture
def campaign_id(launched) -> int:
    return launched(*PEOPLE)


def test_every_subscribed_person_gets_one_message_and_one_entry(tenant: Tenant, campaign_id: int) -> None:
    expansion = write_messages(tenant_id=tenant.pk, campaign_id=campaign_id)
    with tenant_scope(tenant.pk):
        assert (expansion.written, expansion.audience) == (3, 3)
        assert {message.rcpt for message in Message.objects.all()} == set(PEOPLE)
        entries = QueueEntry.objects.values_list("message_id", flat=True)
        assert set(entries) == set(Message.objects.values_list("id", flat=True))


def test_the_campaign_moves_on_and_remembers_its_audience(tenant: Tenant, campaign_id: int) -> None:
    write_messages(tenant_id=tenant.pk, campaign_id=campaign_id)
    with tenant_scope(tenant.pk):
        campaign = Campaign.objects.get(pk=campaign_id)
        assert (campaign.state, campaign.audience, campaign.left_out) == ("sending", 3, {})
        assert Launch.objects.get().written == 3


def test_ids_are_derived_from_launch_campaign_and_contact(tenant: Tenant, campaign_id: int) -> None:
    write_messages(tenant_id=tenant.pk, campaign_id=campaign_id)
    with tenant_scope(tenant.pk):
        campaign = Campaign.objects.get(pk=campaign_id)
        launched_ms = round(campaign.launched_at.timestamp() * 1000)
        for message in Message.objects.all():
            contact_id = message.contact_id
            assert message.id == message_uuid(launched_ms, campaign_id, contact_id, campaign.salt)


def test_a_message_freezes_exactly_the_fields_that_its_content_names(
    tenant: Tenant, campaign_id: int
) -> None:
    write_messages(tenant_id=tenant.pk, campaign_id=campaign_id)
    with tenant_scope(tenant.pk):
        Contact.objects.update(attrs={"first_name": "Changed"})
        merge = Message.objects.get(rcpt="ann@one.test").merge
    assert merge == {"contact": {"email": "ann@one.test", "first_name": "Ann"}}


def test_a_field_that_a_person_lacks_is_there_and_empty(tenant: Tenant, launched) -> None:
    campaign_id = launched("ann@one.test", fields=("contact.city",))
    write_messages(tenant_id=tenant.pk, campaign_id=campaign_id)
    with tenant_scope(tenant.pk):
        assert Message.objects.get().merge["contact"] == {"city": None, "email": "ann@one.test"}


def test_those_who_must_not_get_it_are_left_out_and_counted(tenant: Tenant, launched) -> None:
    campaign_id = launched("ann@one.test", "bob@one.test", "cho@two.test", "ポスト@two.test")
    with tenant_scope(tenant.pk):
        Subscription.objects.filter(contact__email="ann@one.test").update(state="unsubscribed")
    suppress(
        tenant_id=tenant.pk,
        email_key="bob@one.test",
        scope=Suppression.Scope.ALL,
        reason=Suppression.Reason.BOUNCED,
    )
    write_messages(tenant_id=tenant.pk, campaign_id=campaign_id)
    with tenant_scope(tenant.pk):
        campaign = Campaign.objects.get(pk=campaign_id)
        assert campaign.left_out == {"unsubscribed": 1, "suppressed": 1, "smtputf8": 1}
        assert [message.rcpt for message in Message.objects.all()] == ["cho@two.test"]


def test_a_known_site_has_its_lane_at_once_and_an_unknown_domain_waits(
    tenant: Tenant, campaign_id: int
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("insert into delivery_site (key, provider_id) values ('mx.one.test', 0) returning id")
        site_id = cursor.fetchone()[0]
    Domain.objects.create(name="one.test", site_id=site_id, state="ok")
    write_messages(tenant_id=tenant.pk, campaign_id=campaign_id)
    with tenant_scope(tenant.pk):
        lanes = {lane.pk: lane.site_id for lane in Lane.objects.all()}
        by_domain = {entry.domain_id: lanes[entry.lane_id] for entry in QueueEntry.objects.all()}
    assert by_domain == {
        Domain.objects.get(name="one.test").pk: site_id,
        Domain.objects.get(name="two.test").pk: None,
    }


def test_a_second_call_writes_nothing(tenant: Tenant, campaign_id: int) -> None:
    write_messages(tenant_id=tenant.pk, campaign_id=campaign_id)
    again = write_messages(tenant_id=tenant.pk, campaign_id=campaign_id)
    assert (again.written, again.audience) == (0, 3)


def test_a_draft_is_not_written(tenant: Tenant, campaign_id: int) -> None:
    with tenant_scope(tenant.pk):
        Campaign.objects.filter(pk=campaign_id).update(state="draft")
    assert write_messages(tenant_id=tenant.pk, campaign_id=campaign_id).written == 0


def test_merge_keys_are_those_under_contact() -> None:
    assert contact_keys(["contact.b", "sender.name", "contact.a.c", "contact.email", "unsubscribe_url"]) == [
        "a",
        "b",
    ]
