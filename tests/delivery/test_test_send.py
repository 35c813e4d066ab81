"""Test messages: the draft for one person, sent like all mail, counted for no campaign."""

from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.audit import SYSTEM
from accounts.exceptions import DomainNotVerified
from accounts.models import AuditEvent, SendingDomain, Tenant
from accounts.services.tenants import create_tenant
from accounts.tenancy import tenant_scope
from campaigns.exceptions import PreviewProblem
from campaigns.models import Campaign, Contact, Content
from delivery.exceptions import TestSendRefused as Refused
from delivery.models import Message
from delivery.models.stream import Stream
from delivery.services.test_send import test_send as send_test
from relay_saas.web.errors import NotFound
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
