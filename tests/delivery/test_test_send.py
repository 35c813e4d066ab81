"""Test messages: the draft for one person, sent like all mail, counted for no campaign."""

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from accounts.audit import SYSTEM
from accounts.exceptions import DomainNotVerified
from accounts.models import AuditEvent, Role, SendingDomain, Tenant, User
from accounts.services.tenants import add_member, create_tenant
from accounts.tenancy import tenant_scope
from campaigns.exceptions import PreviewProblem
from campaigns.models import Campaign, Contact, Content
from delivery.exceptions import TestSendRefused as Refused
from delivery.models import Message
from delivery.models.stream import Stream
from delivery.services.test_send import send_tests
from delivery.services.test_send import test_send as send_test
from relay_saas.web.errors import NotFound
from relay_saas.web.prefixed import public_id
from tests.api_client import api_of
from tests.delivery.builders import make_contacts, make_list

HTML = "<p>Hello {{ contact.email }}</p><p><a href='{{ unsubscribe_url }}'>stop</a></p>"


@pytest.fixture
def campaign(tenant: Tenant, domain: SendingDomain) -> Campaign:
    """A draft to a list of two."""
    mailing_list = make_list(tenant.pk)
    make_contacts(tenant.pk, mailing_list, ["taro@gmail.test", "hanako@gmail.test"])
    with tenant_scope(tenant.pk):
        return Campaign.objects.create(
            tenant_id=tenant.pk, name="News", mailing_list=mailing_list, from_name="Acme",
            from_address="news@news.acme.test", reply_to="help@acme.test", subject="For {{ contact.email }}",
            markup=Campaign.Markup.HTML, html_source=HTML,
        )  # fmt: skip


def send(campaign: Campaign, **changes: Any) -> Any:
    values = {
        "tenant_id": campaign.tenant_id,
        "campaign_id": campaign.pk,
        "address": "me@acme.test",
        "contact_id": None,
        "actor": SYSTEM,
    }
    return send_test(**(values | changes))


def test_the_draft_is_sent_as_the_lists_first_person_would_get_it(tenant: Tenant, campaign: Campaign) -> None:
    accepted = send(campaign)
    with tenant_scope(tenant.pk):
        message, content = Message.objects.get(), Content.objects.get()
        event = AuditEvent.objects.get(verb="tested")
    assert (message.rcpt, message.campaign_id, message.stream) == ("me@acme.test", None, Stream.TRANSACTIONAL)
    assert content.subject == "[Test] For taro@gmail.test"
    assert "Hello taro@gmail.test" in (content.html or "")
    assert "Hello taro@gmail.test" in (content.text or "")
    assert (content.is_template, content.track_opens, content.reply_to) == (False, False, "help@acme.test")
    assert accepted.submission.channel == "test"
    assert event.changes["address"] == "me@acme.test"


def test_it_can_be_shown_for_another_person(tenant: Tenant, campaign: Campaign) -> None:
    with tenant_scope(tenant.pk):
        hanako = Contact.objects.get(email="hanako@gmail.test")
    send(campaign, contact_id=hanako.pk)
    with tenant_scope(tenant.pk):
        assert Content.objects.get().subject == "[Test] For hanako@gmail.test"


def test_what_cannot_be_sent_says_why_and_leaves_nothing(tenant: Tenant, campaign: Campaign) -> None:
    other = create_tenant(slug="globex", name="Globex", actor=SYSTEM)
    with pytest.raises(Refused) as caught:
        send(campaign, address="nobody")
    assert caught.value.code == "bad_address"
    with pytest.raises(NotFound):
        send(campaign, tenant_id=other.pk)
    with pytest.raises(NotFound):
        send(campaign, contact_id=999_999)
    with tenant_scope(tenant.pk):
        Campaign.objects.update(html_source="{{ contact.")
    with pytest.raises(PreviewProblem):
        send(campaign)
    with tenant_scope(tenant.pk):
        Campaign.objects.update(html_source=HTML, mailing_list=make_list(tenant.pk, "Empty"))
    with pytest.raises(Refused) as caught:
        send(campaign)
    assert caught.value.code == "nobody_on_the_list"
    with tenant_scope(tenant.pk):
        assert not Message.objects.exists()
        assert not AuditEvent.objects.filter(verb="tested").exists()


def test_an_unverified_domain_sends_no_test_either(tenant: Tenant, campaign: Campaign) -> None:
    with tenant_scope(tenant.pk):
        SendingDomain.objects.update(state=SendingDomain.State.BROKEN)
    with pytest.raises(DomainNotVerified):
        send(campaign)


def test_the_command_prints_the_submission_or_a_code(
    tenant: Tenant, campaign: Campaign, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("test_send", str(campaign.pk), "me@acme.test", tenant="acme")
    assert capsys.readouterr().out.startswith("em_")
    with pytest.raises(CommandError, match="bad_address"):
        call_command("test_send", str(campaign.pk), "nobody", tenant="acme")


@pytest.fixture
def eva(tenant: Tenant) -> str:
    """A member's address, written as she wrote it."""
    user = User.objects.create_user("Eva@acme.test")
    add_member(tenant_id=tenant.pk, user=user, role=Role.MARKETER, actor=SYSTEM)
    EmailAddress.objects.create(user=user, email="eva@home.test", verified=True)
    EmailAddress.objects.create(user=user, email="eva@else.test", verified=False)
    return "eva@acme.test"


def round_of(campaign: Campaign, *addresses: str) -> Any:
    return send_tests(
        tenant_id=campaign.tenant_id, campaign_id=campaign.pk, addresses=addresses, contact_id=None,
        actor=SYSTEM,
    )  # fmt: skip


def test_a_round_goes_to_our_own_people_alone(tenant: Tenant, campaign: Campaign, eva: str) -> None:
    round_of(campaign, eva, "eva@home.test")
    for stranger in ("taro@gmail.test", "eva@else.test"):
        with pytest.raises(Refused) as caught:
            round_of(campaign, eva, stranger)
        assert caught.value.code == "not_a_member"
    with tenant_scope(tenant.pk):
        assert set(Message.objects.values_list("rcpt", flat=True)) == {eva, "eva@home.test"}


def test_a_round_is_small_and_there_are_only_so_many_in_an_hour(
    tenant: Tenant, campaign: Campaign, eva: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for addresses in ((), [eva, *(f"p{number}@home.test" for number in range(5))]):
        with pytest.raises(Refused) as caught:
            round_of(campaign, *addresses)
        assert caught.value.code == "too_many_addresses"
    monkeypatch.setattr("delivery.services.test_send.MAX_PER_HOUR", 2)
    round_of(campaign, eva)
    with pytest.raises(Refused) as caught:
        round_of(campaign, eva, "eva@home.test")
    assert caught.value.code == "too_many_tests"
    with tenant_scope(tenant.pk):
        assert Message.objects.count() == 1


def test_the_unsubscribe_link_of_a_test_unsubscribes_nobody(campaign: Campaign, eva: str) -> None:
    round_of(campaign, eva)
    with tenant_scope(campaign.tenant_id):
        html = Content.objects.get().html or ""
    assert "href='#unsubscribe'" in html
    assert "/u/" not in html


def test_our_pictures_come_from_where_recipients_load_them(
    tenant: Tenant, campaign: Campaign, eva: str
) -> None:
    picture = f"https://t.news.acme.test/m/{tenant.number}/abc.png"
    with tenant_scope(tenant.pk):
        Campaign.objects.update(html_source=f"{HTML}<img src='{picture}' alt=''>")
    round_of(campaign, eva)
    with tenant_scope(tenant.pk):
        assert picture in (Content.objects.get().html or "")


def test_the_page_sends_a_test_and_leads_back_to_the_review(
    tenant: Tenant, campaign: Campaign, eva: str
) -> None:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(User.objects.get(email__iexact=eva))
    place = reverse("tracking:campaign_test", args=[tenant.slug, campaign.pk])
    assert client.post(place, {}).status_code == 422
    refused = client.post(place, {"addresses": [eva, "taro@gmail.test"]})
    assert refused.status_code == 422
    with tenant_scope(tenant.pk):
        hanako = Contact.objects.get(email="hanako@gmail.test")
    sent = client.post(place, {"addresses": [eva], "contact": hanako.pk})
    assert sent["Location"] == reverse("campaigns:review", args=[tenant.slug, campaign.pk])
    with tenant_scope(tenant.pk):
        assert Content.objects.get().subject == "[Test] For hanako@gmail.test"


def test_by_api_a_test_goes_to_members_as_one_contact_would_get_it(
    tenant: Tenant, campaign: Campaign
) -> None:
    user = User.objects.create_user("me@people.test")
    add_member(tenant_id=tenant.pk, user=user, role=Role.MARKETER, actor=SYSTEM)
    api = api_of(tenant.pk, "campaigns.read", "campaigns.send")
    path = f"campaigns/{public_id('cmp', campaign.pk)}"
    with tenant_scope(tenant.pk):
        contact = public_id("con", Contact.objects.get(email="hanako@gmail.test").pk)
    assert api("GET", f"{path}/preview?contact={contact}").json["subject"] == "For hanako@gmail.test"
    assert api("GET", f"{path}/preview").json["subject"] == "For reader@example.com"
    assert api("GET", f"{path}/preview?contact={public_id('con', 1 << 40)}").status == 404
    taken = api("POST", f"{path}/test", {"to": ["me@people.test"], "contact": contact})
    assert (taken.status, taken.json["data"][0]["to"]) == (202, "me@people.test")
    assert api("POST", f"{path}/test", {"to": ["stranger@gmail.test"]}).code == "not_a_member"
    unknown = api("POST", f"{path}/test", {"to": ["me@people.test"], "contact": public_id("con", 1 << 40)})
    assert (unknown.status, unknown.code) == (422, "unknown_id")
    with tenant_scope(tenant.pk):
        assert Content.objects.get().subject == "[Test] For hanako@gmail.test"
