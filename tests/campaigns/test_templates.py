"""Templates: copied from starters, edited by version, put away, looked at in a sandbox, used in campaigns."""

from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.audit import SYSTEM
from accounts.models import Role, SendingDomain, Tenant, User
from accounts.services.senders import SenderDraft, create_sender
from accounts.services.tenants import add_member
from accounts.tenancy import tenant_scope
from campaigns.exceptions import BadTemplate, TemplateChanged
from campaigns.models import Campaign, ContactList, Template
from campaigns.services.starters import LANGUAGES, STARTERS
from campaigns.services.template_preview import render_template, template_findings
from campaigns.services.template_use import campaign_from_template
from campaigns.services.templates import (
    TemplateDraft,
    archive_template,
    create_template,
    duplicate_template,
    update_template,
)

HTML = (
    "<html><body><p>Hello {{ contact.email }}</p>"
    "<p>{{ sender.legal_name }}, {{ sender.postal_address }}, {{ sender.contact_address }}</p>"
    '<p><a href="{{ unsubscribe_url }}">Unsubscribe</a></p></body></html>'
)
HOSTILE = '"><img src=x onerror=alert(1)>'


def make(tenant: Tenant, **changes: str) -> Template:
    draft = TemplateDraft(**({"name": "Monthly", "html_source": HTML, "markup": "html"} | changes))
    return create_template(tenant_id=tenant.pk, draft=draft, actor=SYSTEM)


@pytest.fixture
def marketer(tenant: Tenant) -> Client:
    user = User.objects.create_user("marketer@people.test")
    add_member(tenant_id=tenant.pk, user=user, role=Role.MARKETER, actor=SYSTEM)
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(user)
    return client


def at(name: str, *ids: object) -> str:
    return reverse(f"campaigns:{name}", args=["acme", *ids])


def text(response: Any) -> str:
    return unescape(response.content.decode())


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("starter", STARTERS, ids=lambda starter: starter.key)
def test_every_starter_may_be_sent_as_it_is(tenant: Tenant, starter: Any, language: str) -> None:
    template = make(tenant, html_source=starter.source(language), markup="mjml")
    assert template_findings(tenant_id=tenant.pk, template=template) == ()
    shown = render_template(tenant_id=tenant.pk, template=template, contact_id=None)
    assert "1-2-3 Marunouchi" in shown.html
    assert "#unsubscribe" in shown.html
    assert "#unsubscribe" in shown.text


def test_a_save_over_a_newer_version_is_refused_and_nothing_is_lost(tenant: Tenant, marketer: Client) -> None:
    template = make(tenant)
    theirs = TemplateDraft(name="Theirs", html_source="<p>theirs</p>", markup="html")
    update_template(tenant_id=tenant.pk, template_id=template.pk, version=1, draft=theirs, actor=SYSTEM)
    mine = {"name": "Mine", "markup": "html", "html_source": "<p>mine</p>", "text_source": "", "version": 1}
    answer = marketer.post(at("template", template.pk), mine)
    assert answer.status_code == 409
    assert "<p>mine</p>" in text(answer)
    assert "<p>theirs</p>" in text(answer)
    with tenant_scope(tenant.pk):
        assert Template.objects.get(pk=template.pk).name == "Theirs"
    # Who has seen both saves again.
    assert 'name="version" value="2"' in answer.content.decode()
    assert marketer.post(at("template", template.pk), mine | {"version": 2}).status_code == 302
    with tenant_scope(tenant.pk):
        assert Template.objects.get(pk=template.pk).html_source == "<p>mine</p>"


def test_the_same_text_again_is_no_new_version(tenant: Tenant) -> None:
    template = make(tenant)
    draft = TemplateDraft(name="Monthly", html_source=HTML, markup="html")
    for version in (1, 7):
        saved = update_template(
            tenant_id=tenant.pk, template_id=template.pk, version=version, draft=draft, actor=SYSTEM
        )
        assert saved.version == 1
    with pytest.raises(TemplateChanged):
        update_template(
            tenant_id=tenant.pk,
            template_id=template.pk,
            version=7,
            draft=TemplateDraft(name="Other", html_source=HTML, markup="html"),
            actor=SYSTEM,
        )


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": " \n "}, "name_empty"),
        ({"name": "a" * 201}, "name_too_long"),
        ({"html_source": "a\x00"}, "nul_character"),
        ({"markup": "markdown"}, "unknown_markup"),
        ({"html_source": "あ" * 400_000}, "too_large"),
    ],
)
def test_what_cannot_be_kept_is_refused(tenant: Tenant, changes: dict[str, str], code: str) -> None:
    with pytest.raises(BadTemplate) as refused:
        make(tenant, **changes)
    assert refused.value.code == code


def test_an_error_is_shown_with_line_and_column_and_the_text_is_kept(
    tenant: Tenant, marketer: Client
) -> None:
    template = make(tenant, html_source="<p>\n{{ contact.frist_name }}</p>")
    shown = text(marketer.get(at("template", template.pk)))
    assert "line 2, column" in shown
    assert "{{ contact.frist_name }}" in shown
    refused = marketer.post(at("template", template.pk), {"name": "", "html_source": "<p>kept</p>"})
    assert refused.status_code == 422
    assert "<p>kept</p>" in text(refused)


def test_the_preview_is_a_document_of_its_own_in_a_sandbox(tenant: Tenant, marketer: Client) -> None:
    template = make(tenant, html_source=f"<script>alert(1)</script>{HTML}")
    answer = marketer.get(at("template_html", template.pk))
    assert answer["Content-Security-Policy"].startswith("sandbox ")
    assert "script-src" not in answer["Content-Security-Policy"]
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert marketer.get(at("template_html", template.pk) + "?contact=999999").status_code == 404
    assert marketer.get(at("template_html", template.pk) + "?contact=x").status_code == 404


def test_names_are_shown_as_text(tenant: Tenant, marketer: Client) -> None:
    template = make(tenant, name=HOSTILE)
    archive_template(tenant_id=tenant.pk, template_id=make(tenant, name=f"{HOSTILE}2").pk, actor=SYSTEM)
    for address in (at("templates"), at("templates") + "?archived=1", at("template", template.pk)):
        shown = marketer.get(address).content.decode()
        assert "onerror=alert(1)&gt;" in shown
        assert "<img src=x" not in shown


def test_a_template_begins_as_a_starter_in_the_readers_language(tenant: Tenant, marketer: Client) -> None:
    form = {"name": "Winter", "starter": "letter"}
    answer = marketer.post(at("template_new"), form, headers={"Accept-Language": "ja"})
    assert answer.status_code == 302
    with tenant_scope(tenant.pk):
        assert "いつもお世話になっております" in Template.objects.get().html_source
    assert marketer.post(at("template_new"), form | {"starter": "nonsense"}).status_code == 422


def test_templates_are_copied_put_away_and_taken_back(tenant: Tenant, marketer: Client) -> None:
    template = make(tenant)
    copy = duplicate_template(tenant_id=tenant.pk, template_id=template.pk, actor=SYSTEM)
    assert (copy.name, copy.html_source) == ("Copy of Monthly", template.html_source)
    marketer.post(at("template_archive", template.pk))
    listed = text(marketer.get(at("templates")))
    assert f"/templates/{template.pk}/" not in listed
    assert f"/templates/{copy.pk}/" in listed
    marketer.post(at("template_restore", template.pk))
    assert f"/templates/{template.pk}/" in text(marketer.get(at("templates")))


def test_a_campaign_begins_with_a_template_and_keeps_its_own_copy(
    tenant: Tenant, mailing_list: ContactList, domain: SendingDomain, marketer: Client
) -> None:
    template = make(tenant)
    sender = SenderDraft(name="Acme", address="hello@news.acme.test")
    create_sender(tenant_id=tenant.pk, draft=sender, actor=SYSTEM)
    campaign = campaign_from_template(tenant_id=tenant.pk, template_id=template.pk, actor=SYSTEM)
    assert campaign.html_source == template.html_source
    assert campaign.from_address == "hello@news.acme.test"
    assert campaign.name == "Monthly"
    assert campaign.mailing_list_id == mailing_list.pk
    opened = marketer.post(at("template_use", template.pk))
    assert "/setup/" in opened["Location"]


def test_a_new_campaign_may_begin_with_a_template(tenant: Tenant, marketer: Client) -> None:
    template = make(tenant, name=HOSTILE)
    shown = marketer.get(at("campaign_new")).content.decode()
    assert f'value="{template.pk}"' in shown
    assert "<img src=x" not in shown
    marketer.post(at("campaign_new"), {"name": "Spring", "template": template.pk})
    with tenant_scope(tenant.pk):
        campaign = Campaign.objects.get(name="Spring")
    assert campaign.html_source == template.html_source
    archive_template(tenant_id=tenant.pk, template_id=template.pk, actor=SYSTEM)
    refused = marketer.post(at("campaign_new"), {"name": "Summer", "template": template.pk})
    assert refused.status_code == 422
