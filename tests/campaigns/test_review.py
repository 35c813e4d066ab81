"""The last look: what is found, where it is mended, and the page that sends."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.audit import SYSTEM, record
from accounts.models import Role, Tenant, User
from accounts.services.tenants import add_member
from accounts.tenancy import tenant_scope
from campaigns.models import Campaign
from campaigns.services.campaigns import CampaignDraft, create_campaign
from campaigns.services.review import review_campaign
from tests.campaigns.conftest import HTML
from tests.campaigns.kinds import Load, Write

NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


def codes(campaign: Campaign, at: datetime = NOON) -> set[str]:
    found = review_campaign(tenant_id=campaign.tenant_id, campaign=campaign, at=at)
    return {finding.code for finding in found.findings}


@pytest.fixture
def marketer(tenant: Tenant) -> Client:
    user = User.objects.create_user("eva@people.test")
    add_member(tenant_id=tenant.pk, user=user, role=Role.MARKETER, actor=SYSTEM)
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(user)
    return client


def url(name: str, campaign: Campaign) -> str:
    return reverse(f"campaigns:{name}", args=["acme", campaign.pk])


def state_of(campaign: Campaign) -> str:
    with tenant_scope(campaign.tenant_id):
        return Campaign.objects.get(pk=campaign.pk).state


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"subject": "BUY NOW, LAST DAY"}, "subject_capitals"),
        ({"subject": "【重要】【お知らせ】"}, "subject_brackets"),
        ({"reply_to": "no-reply@acme.test"}, "no_reply"),
        ({"from_address": "noreply@news.acme.test"}, "no_reply"),
        ({"html_source": HTML.replace("</body>", '<img src="https://a.test/x.png"></body>')},
         "picture_without_alt"),
        ({"html_source": HTML.replace("</body>", '<img src="http://a.test/x.png" alt="x"></body>')},
         "picture_by_http"),
        ({"html_source": HTML.replace("https://shop.acme.test/new", "https://bit.ly/abc")}, "short_link"),
        ({"text_source": "{{ unsubscribe_url }}",
          "html_source": HTML.replace("</body>", "<p>" + "word " * 60 + "</p></body>")},
         "text_far_from_html"),
        ({}, "not_tested"),
    ],
)  # fmt: skip
def test_what_a_careful_colleague_would_say(
    draft: Campaign, write: Write, changes: dict[str, str], code: str
) -> None:
    assert code in codes(write(**changes))


def test_a_plain_campaign_that_was_tested_has_nothing_to_be_ticked(tenant: Tenant, draft: Campaign) -> None:
    assert codes(draft) == {"not_tested"}
    with tenant_scope(tenant.pk):
        record(tenant_id=tenant.pk, actor=SYSTEM, verb="tested", subject=draft)
    assert codes(draft) == set()


def test_it_counts_the_people_whose_field_is_empty(load: Load, draft: Campaign, write: Write) -> None:
    load("email,first_name\nzoe@gmail.test,\n")
    bare = write(subject="For {{ contact.first_name }}")
    found = review_campaign(tenant_id=bare.tenant_id, campaign=bare, at=NOON)
    [finding] = [one for one in found.warnings if one.code == "empty_first_name"]
    assert str(finding).startswith("1 recipients have no first_name")
    guarded = write(subject="For {% if contact.first_name %}{{ contact.first_name }}{% endif %}")
    assert "empty_first_name" not in codes(guarded)
    assert "empty_first_name" not in codes(write(subject='For {{ contact.first_name | default: "you" }}'))


def test_a_text_that_fails_for_somebody_stops_it(draft: Campaign, write: Write) -> None:
    failing = write(subject="{{ contact.first_name | divided_by: 0 }}")
    assert "sample_fails" in codes(failing)


def test_it_looks_at_what_went_out_before(tenant: Tenant, draft: Campaign, write: Write) -> None:
    twin = write(name="Twin")
    now = timezone.now()
    with tenant_scope(tenant.pk):
        Campaign.objects.filter(pk=draft.pk).update(state="sent", launched_at=now, audience=1)
        assert "twin" in codes(twin)
        Campaign.objects.filter(pk=draft.pk).update(launched_at=now - timedelta(days=200))
    found = codes(twin)
    assert "cold_list" in found
    assert "twin" not in found


def test_night_is_the_organizations_night(tenant: Tenant, draft: Campaign) -> None:
    assert "night" not in codes(draft, NOON)
    with tenant_scope(tenant.pk):
        Tenant.objects.filter(pk=tenant.pk).update(time_zone="Asia/Tokyo")
    assert "night" in codes(draft, datetime(2026, 11, 25, 18, 0, tzinfo=UTC))
    assert "night" not in codes(draft, datetime(2026, 11, 25, 3, 0, tzinfo=UTC))


def test_the_page_shows_three_groups_the_forecast_and_the_way_out(
    marketer: Client, draft: Campaign, write: Write
) -> None:
    page = marketer.get(url("review", draft)).content.decode()
    assert "There is a subject." in page
    assert "No test was sent since the last change." in page
    assert "<strong>2</strong> people will get it." in page
    assert "Send now" in page
    stopped = marketer.get(url("review", write(subject=""))).content.decode()
    assert "The subject is empty." in stopped
    assert 'id="send-form"' not in stopped


def test_a_long_list_is_counted_while_the_page_stands_there(
    marketer: Client, draft: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("campaigns.views.review.SOON_COUNTED", 1)
    page = marketer.get(url("review", draft)).content.decode()
    assert "Looking at the texts" in page
    assert "Send now" not in page
    assert "Send now" in marketer.get(url("review", draft), {"whole": "1"}).content.decode()


def test_an_analyst_reads_the_review_and_cannot_send(tenant: Tenant, draft: Campaign) -> None:
    user = User.objects.create_user("ann@people.test")
    add_member(tenant_id=tenant.pk, user=user, role=Role.ANALYST, actor=SYSTEM)
    client = Client()
    client.force_login(user)
    page = client.get(url("review", draft))
    assert page.status_code == 200
    assert 'id="send-form"' not in page.content.decode()
    assert client.post(url("launch", draft)).status_code == 403


def test_a_warning_that_was_not_ticked_keeps_the_others_ticks(
    marketer: Client, draft: Campaign, write: Write
) -> None:
    campaign = write(preheader="")
    answer = marketer.post(url("launch", campaign), {"checked": ["preheader_empty"]})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Look at every warning and tick it" in page
    assert page.count(" checked>") >= 1
    assert state_of(campaign) == "draft"


def ticks(campaign: Campaign) -> list[str]:
    found = review_campaign(tenant_id=campaign.tenant_id, campaign=campaign)
    return [*(finding.code for finding in found.warnings), "night"]


def test_the_number_of_many_people_is_asked_for_by_the_server_too(
    marketer: Client, draft: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("campaigns.services.schedule.TYPED", 1)
    sent = {"checked": ticks(draft)}
    answer = marketer.post(url("launch", draft), sent)
    assert answer.status_code == 422
    assert "type their number" in answer.content.decode()
    assert state_of(draft) == "draft"
    marketer.post(url("launch", draft), sent | {"typed": " ２ "})
    assert state_of(draft) == "scheduled"


def test_what_a_colleague_changed_meanwhile_is_looked_at_first(marketer: Client, draft: Campaign) -> None:
    sent = {"checked": ticks(draft), "version": str(draft.version)}
    with tenant_scope(draft.tenant_id):
        Campaign.objects.filter(pk=draft.pk).update(version=draft.version + 1, subject="Other words")
    answer = marketer.post(url("launch", draft), sent)
    assert answer.status_code == 422
    assert "Somebody else has changed this campaign" in answer.content.decode()
    assert "Other words" in answer.content.decode()
    assert state_of(draft) == "draft"


def test_every_finding_leads_to_where_it_is_mended(marketer: Client, draft: Campaign, write: Write) -> None:
    page = marketer.get(url("review", write(subject="", preheader=""))).content.decode()
    assert "/setup/#id_subject" in page
    assert "/setup/#id_preheader" in page


def test_a_draft_without_anything_is_told_what_it_needs(tenant: Tenant, marketer: Client) -> None:
    empty = create_campaign(tenant_id=tenant.pk, draft=CampaignDraft(name="Empty"), actor=SYSTEM)
    page = marketer.get(url("review", empty))
    assert page.status_code == 200
    assert "No list is chosen yet" in page.content.decode()
    assert "/audience/#id_mailing_list_id" in page.content.decode()


def test_send_leads_to_the_live_page_and_back_leads_there_too(marketer: Client, draft: Campaign) -> None:
    live = reverse("tracking:campaign", args=["acme", draft.pk])
    sent = {"checked": ticks(draft)}
    assert marketer.post(url("launch", draft), sent)["Location"] == live
    assert state_of(draft) == "scheduled"
    assert marketer.get(url("review", draft))["Location"] == live
    assert marketer.post(url("launch", draft), sent)["Location"] == live
    page = marketer.get(live).content.decode()
    assert "goes out in" in page
    assert url("undo", draft) in page


def test_the_bar_stands_on_every_page_and_undo_leads_back(marketer: Client, draft: Campaign) -> None:
    marketer.post(url("launch", draft), {"checked": ticks(draft)})
    for path in ("/o/acme/", "/o/acme/suppressions/", "/o/acme/campaigns/pending/"):
        assert url("undo", draft) in marketer.get(path).content.decode()
    assert marketer.post(url("undo", draft))["Location"] == url("review", draft)
    assert state_of(draft) == "draft"
    assert url("undo", draft) not in marketer.get("/o/acme/").content.decode()


def test_a_time_is_read_in_the_organizations_zone(tenant: Tenant, marketer: Client, draft: Campaign) -> None:
    with tenant_scope(tenant.pk):
        Tenant.objects.filter(pk=tenant.pk).update(time_zone="Asia/Tokyo")
    day = (timezone.now() + timedelta(days=3)).date().isoformat()
    sent = {"checked": ticks(draft), "at": f"{day}T10:30"}
    assert marketer.post(url("schedule", draft), sent).status_code == 302
    with tenant_scope(tenant.pk):
        planned = Campaign.objects.get(pk=draft.pk)
    assert planned.scheduled_at.isoformat() == f"{day}T01:30:00+00:00"


@pytest.mark.parametrize("at", ["", "2020-01-01T10:00", "tomorrow"])
def test_a_time_that_cannot_be_kept_is_named_at_its_field(marketer: Client, draft: Campaign, at: str) -> None:
    answer = marketer.post(url("schedule", draft), {"checked": ticks(draft), "at": at})
    assert answer.status_code == 422
    assert 'id="id_at_error"' in answer.content.decode()
    assert state_of(draft) == "draft"
