"""The history of a contact, and the one rule that decided why a campaign did not reach them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.audit import SYSTEM
from accounts.models import Role, Tenant, User
from accounts.services.tenants import add_member
from campaigns.models import Campaign, Contact, ContactField, ContactList, Subscription, Suppression
from campaigns.services.suppression import suppress, unsubscribe
from delivery.models import AttemptState, Message
from delivery.services.expand import write_messages
from tests.delivery.builders import make_campaign, make_contacts, make_domain, make_list
from tests.delivery.story import deferred, tried
from tests.statements import at_most
from tracking.models import Engagement
from tracking.selectors.why_not import Answer, Rule, why_not
from tracking.views.why_wording import tell

ANN, BOB = "ann@gmail.test", "bob@gmail.test"


@pytest.fixture(autouse=True)
def _egress(settings: Any) -> None:
    settings.RELAY_EGRESS = ["shared:127.30.0.1:mx1.relay.test"]


@pytest.fixture
def mailing_list(tenant: Tenant) -> ContactList:
    """Ann and Bob are on it since yesterday."""
    made = make_list(tenant.pk)
    make_contacts(tenant.pk, made, (ANN, BOB))
    yesterday = timezone.now() - timedelta(days=1)
    Contact.objects.update(created_at=yesterday)
    Subscription.objects.update(changed_at=yesterday)
    return made


@pytest.fixture
def launch(tenant: Tenant, mailing_list: ContactList) -> Callable[[], Campaign]:
    """Launches a campaign to the list as it is now."""

    def launch() -> Campaign:
        made = make_campaign(tenant.pk, mailing_list, make_domain(tenant.pk))
        write_messages(tenant_id=tenant.pk, campaign_id=made)
        return Campaign.objects.get(pk=made)

    return launch


@pytest.fixture
def client(tenant: Tenant) -> Client:
    """An analyst's browser."""
    user = User.objects.create_user("ann@acme.test")
    add_member(tenant_id=tenant.pk, user=user, role=Role.ANALYST, actor=SYSTEM)
    browser = Client(headers={"Accept-Language": "en"})
    browser.force_login(user)
    return browser


def contact(email: str = ANN) -> Contact:
    return Contact.objects.get(email_key=email)


def ask(campaign: Campaign, email: str = ANN) -> Answer:
    return why_not(tenant_id=campaign.tenant_id, contact=contact(email), campaign_id=campaign.pk)


def message_to(email: str = ANN) -> Message:
    return Message.objects.get(rcpt_key=email)


@pytest.mark.parametrize(
    ("state", "rule"),
    [
        (AttemptState.DELIVERED, Rule.DELIVERED),
        (AttemptState.BOUNCED, Rule.BOUNCED),
        (AttemptState.FAILED, Rule.FAILED),
        (AttemptState.SUPPRESSED, Rule.STOPPED),
        (AttemptState.EXPIRED, Rule.EXPIRED),
        (AttemptState.CANCELLED, Rule.CANCELLED),
        (AttemptState.IN_DOUBT, Rule.IN_DOUBT),
    ],
)
def test_the_last_attempt_decides_with_the_servers_words(
    tenant: Tenant, launch: Callable[[], Campaign], state: AttemptState, rule: Rule
) -> None:
    campaign = launch()
    tried(tenant, message_to().id, state, reply="550 5.1.1 no <such> user", category="recipient_unknown")
    answer = ask(campaign)
    told = tell(answer)
    assert answer.rule == rule
    assert told.word.startswith("msg_")
    assert ("550 5.1.1" in told.reply) == (rule != Rule.DELIVERED)


def test_what_waits_says_for_what_and_until_when(tenant: Tenant, launch: Callable[[], Campaign]) -> None:
    campaign = launch()
    assert ask(campaign).rule == Rule.WAITING
    deferred(tenant, message_to().id, reply="451 later", category="greylisted")
    told = tell(ask(campaign))
    assert any("It is tried again at" in line for line in told.lines)
    assert told.reply == "451 later"


def test_an_opt_out_before_the_launch_is_told_with_time_and_way(
    tenant: Tenant, mailing_list: ContactList, launch: Callable[[], Campaign]
) -> None:
    unsubscribe(
        tenant_id=tenant.pk,
        email_key=ANN,
        contact_id=contact().pk,
        mailing_list_id=mailing_list.pk,
        source="one_click",
    )
    Subscription.objects.filter(contact=contact()).update(changed_at=timezone.now() - timedelta(hours=1))
    answer = ask(launch())
    assert answer.rule == Rule.UNSUBSCRIBED
    assert tell(answer).lines == ("by the unsubscribe button of their mail program",)


def test_a_suppression_before_the_launch_is_told(tenant: Tenant, launch: Callable[[], Campaign]) -> None:
    suppress(
        tenant_id=tenant.pk,
        email_key=ANN,
        scope=Suppression.Scope.ALL,
        reason=Suppression.Reason.BOUNCED,
        detail="550 5.1.1",
    )
    Suppression.objects.update(created_at=timezone.now() - timedelta(hours=1))
    answer = ask(launch())
    assert (answer.rule, tell(answer).reply) == (Rule.SUPPRESSED, "550 5.1.1")


def test_lists_and_times_are_told(tenant: Tenant, launch: Callable[[], Campaign]) -> None:
    Subscription.objects.filter(contact=contact()).delete()
    campaign = launch()
    assert ask(campaign).rule == Rule.NOT_ON_LIST
    late = timezone.now() + timedelta(minutes=1)
    joined = Subscription.objects.create(
        tenant_id=tenant.pk, mailing_list_id=campaign.mailing_list_id, contact=contact()
    )
    Subscription.objects.filter(pk=joined.pk).update(changed_at=late)
    assert ask(campaign).rule == Rule.JOINED_LATER
    Contact.objects.filter(email_key=ANN).update(created_at=late)
    assert ask(campaign).rule == Rule.NEWER


def test_what_has_no_evidence_is_said_to_have_none(tenant: Tenant, launch: Callable[[], Campaign]) -> None:
    Contact.objects.filter(email_key=ANN).update(needs_smtputf8=True)
    campaign = launch()
    assert ask(campaign).rule == Rule.SMTPUTF8
    Contact.objects.filter(email_key=ANN).update(needs_smtputf8=False)
    assert ask(campaign).rule == Rule.UNKNOWN
    Campaign.objects.filter(pk=campaign.pk).update(repeat_of=campaign)
    assert ask(campaign).rule == Rule.REPEAT


def test_every_rule_has_its_words(launch: Callable[[], Campaign]) -> None:
    campaign = launch()
    assert all(tell(Answer(rule=rule, campaign=campaign)).title for rule in Rule)


def test_a_default_is_frozen_into_the_message(tenant: Tenant, launch: Callable[[], Campaign]) -> None:
    ContactField.objects.create(
        tenant_id=tenant.pk, key="first_name", label="First", merge_default="dear reader"
    )
    Contact.objects.filter(email_key=ANN).update(attrs={})
    launch()
    assert message_to(ANN).merge["contact"]["first_name"] == "dear reader"
    assert message_to(BOB).merge["contact"]["first_name"] == "Bob"


def test_the_page_tells_messages_reactions_lists_and_suppressions(
    tenant: Tenant, client: Client, launch: Callable[[], Campaign]
) -> None:
    campaign = launch()
    message = message_to()
    tried(tenant, message.id, AttemptState.DELIVERED)
    for machine in (True, False):
        Engagement.objects.create(
            tenant_id=tenant.pk,
            message_id=message.id,
            id=uuid4(),
            kind=Engagement.Kind.OPENED,
            campaign_id=campaign.pk,
            machine=machine,
            at=timezone.now(),
        )
    address = reverse("tracking:contact_history", args=["acme", contact().pk])
    with at_most(20):
        page = client.get(address).content.decode()
    for part in ("by a machine", "by a person", "News for", "Became a contact", "<h1"):
        assert part in page
    part = client.get(address, {"campaign": campaign.pk}, headers={"HX-Request": "true"}).content.decode()
    assert "They got it" in part
    assert "<h1" not in part
    for unknown in ("999999", "x", "9" * 40):
        assert client.get(address, {"campaign": unknown}).status_code == 404
