"""A launch checks, freezes and happens once."""

import pytest
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts.audit import SYSTEM
from accounts.models import AuditEvent, SendingDomain, Tenant
from accounts.models.stream import Stream
from accounts.services.stream_domains import set_stream_domain
from accounts.tenancy import tenant_scope
from campaigns.events import launch_requested
from campaigns.exceptions import CampaignError, LaunchRefused
from campaigns.models import Campaign, Contact, ContactList, Content, Link
from campaigns.services.campaigns import CampaignDraft, update_campaign
from campaigns.services.checks import check_campaign
from campaigns.services.launch import request_launch
from relay_saas.web.errors import NotFound
from tests.campaigns.conftest import HTML, PEOPLE
from tests.campaigns.kinds import Load, Write


def launch(campaign: Campaign) -> Campaign:
    return request_launch(tenant_id=campaign.tenant_id, campaign_id=campaign.pk, actor=SYSTEM)


def refusal(campaign: Campaign) -> LaunchRefused:
    with pytest.raises(LaunchRefused) as refused:
        launch(campaign)
    with tenant_scope(campaign.tenant_id):
        campaign.refresh_from_db()
        assert (campaign.state, campaign.content_id) == ("draft", None)
        assert not Content.objects.exists()
    return refused.value


def test_a_launch_freezes_what_is_sent(tenant: Tenant, domain: SendingDomain, draft: Campaign) -> None:
    launched = launch(draft)
    with tenant_scope(tenant.id):
        content = Content.objects.get(pk=launched.content_id)
        links = list(Link.objects.values_list("index", "target"))
    assert launched.state == "launching"
    assert launched.launched_at.microsecond % 1000 == 0
    assert 0 <= launched.salt < 2**62
    assert content.sending_domain_id == domain.pk
    assert links == [(0, "https://shop.acme.test/new?m={{ contact.email | url_encode }}")]
    assert '<a href="{{ relay_link[0] }}">News</a>' in content.html
    assert '<a href="{{ unsubscribe_url }}">' in content.html
    assert content.html.endswith('<img src="{{ relay_pixel }}" width="1" height="1" alt=""></body></html>')
    assert "News of spring" in content.html
    assert "News ( {{ relay_link[0] }} )" in content.text
    assert set(content.fields) == {
        "contact.first_name",
        "contact.email",
        "sender.legal_name",
        "sender.postal_address",
        "sender.contact_address",
        "unsubscribe_url",
    }


def test_a_second_click_changes_nothing(tenant: Tenant, draft: Campaign) -> None:
    first, second = launch(draft), launch(draft)
    assert (first.launched_at, first.salt, first.content_id) == (
        second.launched_at,
        second.salt,
        second.content_id,
    )
    with tenant_scope(tenant.id):
        assert AuditEvent.objects.filter(verb="launched").count() == 1


def test_the_fact_is_announced_once_after_the_commit(
    draft: Campaign, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    heard: list[tuple[object, object]] = []

    def hear(tenant_id: object, campaign_id: object, **_: object) -> None:
        heard.append((tenant_id, campaign_id))

    launch_requested.connect(hear)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            launch(draft)
            launch(draft)
            assert heard == []
    finally:
        launch_requested.disconnect(hear)
    assert heard == [(draft.tenant_id, draft.pk)]


def test_two_campaigns_never_share_a_millisecond(
    tenant: Tenant, draft: Campaign, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = write(name="Other")
    now = launch(draft).launched_at
    monkeypatch.setattr("campaigns.services.launch.timezone.now", lambda: now)
    assert launch(other).launched_at != now


@pytest.mark.parametrize(
    ("changes", "code", "place"),
    [
        ({"subject": ""}, "subject_empty", None),
        ({"subject": "Hi {{ contact.frist_name }}"}, "unknown_field", "/subject"),
        ({"subject": "Hi {{ contact.first_name"}, "template_problem", "/subject"),
        (
            {"html_source": HTML.replace("{{ sender.legal_name }}", "{% if a %}")},
            "template_problem",
            "/html_source",
        ),
        ({"html_source": HTML.replace("unsubscribe_url", "contact.email")}, "unsubscribe_link_missing", None),
        ({"text_source": "Hello, no way out."}, "unsubscribe_link_missing", "/text_source"),
        ({"html_source": HTML.replace("https://shop", "javascript://shop")}, "bad_link", "/html_source"),
        ({"html_source": HTML.replace("</body>", "x" * 1_000_001 + "</body>")}, "source_too_long", None),
        ({"markup": "mjml"}, "template_problem", "/html_source"),
        ({"from_address": "hello@other.test"}, "domain_not_verified", "/from_address"),
        ({"from_name": "ceo@bank.test"}, "header_name_is_address", "/from_address"),
        ({"subject": "x" * 4_001}, "header_too_long", "/from_address"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_happens(
    draft: Campaign, write: Write, changes: dict[str, str], code: str, place: str | None
) -> None:
    error = refusal(write(**changes))
    codes = [problem.code for problem in error.errors]
    if code == "source_too_long":
        assert "template_problem" in codes
        return
    assert error.code == code
    assert place is None or error.errors[0].pointer == place


def test_an_unknown_field_comes_with_its_place_and_a_guess(draft: Campaign, write: Write) -> None:
    message = str(refusal(write(subject="Hi {{ contact.frist_name }}")))
    assert "contact.frist_name" in message
    assert "(line 1, column 7)" in message
    assert "Did you mean contact.first_name?" in message


def test_everything_that_must_be_mended_is_listed_at_once(
    tenant: Tenant, domain: SendingDomain, write: Write
) -> None:
    with tenant_scope(tenant.id):
        Tenant.objects.filter(pk=tenant.id).update(postal_address="")
    error = refusal(write(subject="", html_source="<p>Sale!</p>"))
    assert {problem.code for problem in error.errors} == {
        "subject_empty",
        "unsubscribe_link_missing",
        "sender_block_missing",
        "empty_audience",
    }


def test_an_unverified_domain_sends_nothing(
    tenant: Tenant, domain: SendingDomain, load: Load, write: Write
) -> None:
    load(PEOPLE)
    with tenant_scope(tenant.id):
        SendingDomain.objects.update(state=SendingDomain.State.BROKEN)
    assert refusal(write()).code == "domain_not_verified"


def test_a_campaign_leaves_from_the_domain_of_marketing_and_of_no_other_stream(
    tenant: Tenant, domain: SendingDomain, load: Load, write: Write
) -> None:
    load(PEOPLE)
    own = {"tenant_id": tenant.id, "domain_id": domain.pk, "actor": SYSTEM}
    set_stream_domain(**own, stream=Stream.TRANSACTIONAL)
    error = refusal(write())
    assert (error.code, error.errors[0].pointer) == ("domain_of_another_stream", "/from_address")
    set_stream_domain(**own | {"domain_id": None}, stream=Stream.TRANSACTIONAL)
    set_stream_domain(**own, stream=Stream.MARKETING)
    campaign = write(from_address="spring")
    assert campaign.from_address == "spring@news.acme.test"
    assert check_campaign(tenant_id=tenant.id, campaign=campaign).domain == domain


def test_people_who_left_or_wait_for_smtputf8_are_no_audience(
    tenant: Tenant, domain: SendingDomain, load: Load, write: Write
) -> None:
    load("email,first_name\n花子@example.test,花子\n")
    assert refusal(write()).code == "empty_audience"


def test_warnings_stop_nothing(tenant: Tenant, draft: Campaign, write: Write) -> None:
    plain = write(preheader="", html_source='<p>Hi <a href="{{ unsubscribe_url }}">Unsubscribe</a></p>')
    findings = check_campaign(tenant_id=tenant.id, campaign=plain).findings
    assert {finding.code for finding in findings} == {"preheader_empty", "sender_not_shown"}
    assert launch(plain).state == "launching"


def test_a_launched_campaign_is_not_edited_any_more(
    tenant: Tenant, mailing_list: ContactList, draft: Campaign
) -> None:
    changed = CampaignDraft(
        name="Other",
        mailing_list_id=mailing_list.pk,
        from_address="x@news.acme.test",
        subject="s",
        html_source="h",
    )
    edited = update_campaign(tenant_id=tenant.id, campaign_id=draft.pk, draft=changed, actor=SYSTEM)
    assert (edited.name, edited.html_source) == ("Other", "h")
    with tenant_scope(tenant.id):
        Campaign.objects.filter(pk=draft.pk).update(state="launching")
    with pytest.raises(CampaignError) as refused:
        update_campaign(tenant_id=tenant.id, campaign_id=draft.pk, draft=changed, actor=SYSTEM)
    assert refused.value.code == "not_a_draft"


def test_what_changes_after_the_launch_changes_no_frozen_word(tenant: Tenant, draft: Campaign) -> None:
    launched = launch(draft)
    with tenant_scope(tenant.id):
        before = Content.objects.get(pk=launched.content_id).html
        Contact.objects.update(attrs={})
        Campaign.objects.filter(pk=draft.pk).update(html_source="<p>other</p>")
        launch(draft)
        assert Content.objects.get().html == before


def test_another_tenants_campaign_does_not_exist(other_tenant: Tenant, draft: Campaign) -> None:
    with pytest.raises(NotFound):
        request_launch(tenant_id=other_tenant.id, campaign_id=draft.pk, actor=SYSTEM)
