"""The pages in which a campaign is made: what they keep, what they say, whom they let in."""

import re
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.audit import SYSTEM
from accounts.models import Role, SendingDomain, Tenant
from accounts.services.senders import SenderDraft, create_sender
from accounts.tenancy import tenant_scope
from campaigns.models import Campaign, ContactList
from campaigns.services.campaigns import CampaignDraft, create_campaign, save_draft
from campaigns.services.copies import repeat
from campaigns.services.launch import request_launch
from campaigns.services.lists import create_list
from campaigns.services.starters import FOLDER
from tests.campaigns.conftest import HTML, PEOPLE
from tests.campaigns.kinds import Load, Write
from tests.campaigns.test_views import contact_of, person
from tests.cases.loader import Case, to_bytes
from tests.cases.loader import load as cases
from tests.statements import at_most

STEPS = ("setup", "audience", "design")


@pytest.fixture
def marketer(tenant: Tenant) -> Client:
    """May make and send."""
    return person(tenant, "alice", Role.MARKETER)


def url(name: str, campaign: Campaign, *more: object) -> str:
    return reverse(f"campaigns:{name}", args=["acme", campaign.pk, *more])


def kept(campaign: Campaign) -> Campaign:
    with tenant_scope(campaign.tenant_id):
        return Campaign.objects.get(pk=campaign.pk)


def setup(campaign: Campaign, **changes: object) -> dict[str, object]:
    """The whole form as the page would send it."""
    return {
        "version": campaign.version,
        "name": campaign.name,
        "subject": campaign.subject,
        "preheader": campaign.preheader,
        "from_name": campaign.from_name,
        "from_local": "hello",
        "from_domain": "news.acme.test",
        "reply_to": campaign.reply_to,
    } | changes


def design(campaign: Campaign, **changes: object) -> dict[str, object]:
    """As the page would send it."""
    return {
        "version": campaign.version,
        "markup": campaign.markup,
        "html_source": campaign.html_source,
        "text_source": campaign.text_source,
    } | changes


def bob_saves(campaign: Campaign, **changes: object) -> Campaign:
    return save_draft(
        tenant_id=campaign.tenant_id, campaign_id=campaign.pk, version=None, changes=changes, actor=SYSTEM
    )


def test_a_new_campaign_knows_what_can_be_known(
    marketer: Client, tenant: Tenant, mailing_list: ContactList, write: Write
) -> None:
    write(from_name="Acme", reply_to="support@acme.test")
    answer = marketer.post("/o/acme/campaigns/new/", {"name": ""})
    with tenant_scope(tenant.id):
        made = Campaign.objects.latest("pk")
    assert answer["Location"] == url("setup", made)
    assert (made.mailing_list_id, made.from_name, made.from_address, made.reply_to) == (
        mailing_list.pk,
        "Acme",
        "hello@news.acme.test",
        "support@acme.test",
    )
    assert made.name.startswith("Campaign of ")
    assert (made.state, made.subject) == ("draft", "")


def test_with_several_lists_none_is_chosen(
    marketer: Client, tenant: Tenant, mailing_list: ContactList
) -> None:
    create_list(tenant_id=tenant.id, name="Others", actor=SYSTEM)
    marketer.post("/o/acme/campaigns/new/", {"name": "Winter"})
    with tenant_scope(tenant.id):
        made = Campaign.objects.get()
    assert (made.name, made.mailing_list_id, made.from_name) == ("Winter", None, "Acme")


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.mjml")), ids=lambda path: path.stem)
def test_the_mail_to_start_from_may_be_launched(path: Path, draft: Campaign, write: Write) -> None:
    campaign = write(markup="mjml", html_source=path.read_text(encoding="utf-8"))
    launched = request_launch(tenant_id=campaign.tenant_id, campaign_id=campaign.pk, actor=SYSTEM)
    assert launched.state == "launching"


def test_the_steps_lead_through_the_draft(
    marketer: Client, domain: SendingDomain, mailing_list: ContactList, tenant: Tenant, load: Load
) -> None:
    load(PEOPLE)
    made = create_campaign(tenant_id=tenant.id, draft=CampaignDraft(name="Winter"), actor=SYSTEM)
    page = marketer.get(url("setup", made)).content.decode()
    assert page.count("needs work") == 3
    answer = marketer.post(url("setup", made), setup(made, subject="Snow", go="next"))
    assert answer["Location"] == url("audience", made)
    made = kept(made)
    assert (made.subject, made.from_address) == ("Snow", "hello@news.acme.test")
    answer = marketer.post(
        url("audience", made), {"version": made.version, "mailing_list_id": mailing_list.pk, "go": "next"}
    )
    assert answer["Location"] == url("design", made)
    made = kept(made)
    answer = marketer.post(url("design", made), design(made, markup="html", html_source=HTML, go="next"))
    assert answer["Location"] == url("review", made)
    assert "needs work" not in marketer.get(url("design", made)).content.decode()


def test_a_page_saves_itself_and_says_when_in_the_organizations_zone(
    marketer: Client, tenant: Tenant, draft: Campaign
) -> None:
    with tenant_scope(tenant.id):
        Tenant.objects.filter(pk=tenant.id).update(time_zone="Asia/Kathmandu")
    answer = marketer.post(url("setup_save", draft), setup(draft, subject="Snow"))
    body = answer.content.decode()
    saved = kept(draft)
    assert (answer.status_code, saved.subject, saved.version) == (200, "Snow", 2)
    assert 'data-version="2"' in body
    minutes = {(saved.updated_at.hour * 60 + saved.updated_at.minute + 345) % 1440}
    shown = re.search(r"Saved (\d\d):(\d\d)", body)
    assert shown is not None
    assert int(shown[1]) * 60 + int(shown[2]) in minutes


def test_what_cannot_be_saved_does_not_hold_up_the_rest(marketer: Client, draft: Campaign) -> None:
    sent = setup(draft, subject="Snow", reply_to="not an address")
    body = marketer.post(url("setup_save", draft), sent).content.decode()
    assert "The reply address is not valid" in body
    assert "data-problems" in body
    assert (kept(draft).subject, kept(draft).reply_to) == ("Snow", "")


def test_the_page_itself_saves_all_or_nothing_and_keeps_what_was_typed(
    marketer: Client, draft: Campaign
) -> None:
    answer = marketer.post(url("setup", draft), setup(draft, subject="Snow", reply_to="not an address"))
    body = answer.content.decode()
    assert answer.status_code == 422
    assert 'value="not an address"' in body
    assert 'value="Snow"' in body
    assert kept(draft).version == 1


@pytest.mark.parametrize("name", ["setup", "setup_save"])
def test_a_second_persons_save_shows_both_texts_and_loses_none(
    marketer: Client, draft: Campaign, name: str
) -> None:
    bob_saves(draft, subject="Bob's <b>")
    answer = marketer.post(url(name, draft), setup(draft, subject="Alice's", go="next"))
    body = answer.content.decode()
    assert answer.status_code == 409
    assert "Bob&#x27;s &lt;b&gt;" in body
    assert "Alice&#x27;s" in body
    assert "draft-conflict" in body
    assert kept(draft).subject == "Bob's <b>"
    marketer.post(url(name, draft), setup(draft, version=2, subject="Alice's"))
    assert (kept(draft).subject, kept(draft).version) == ("Alice's", 3)


def test_a_conflict_on_another_field_says_that_nothing_differs_here(
    marketer: Client, draft: Campaign
) -> None:
    bob_saves(draft, subject="Bob's")
    answer = marketer.post(url("design_save", draft), design(draft, html_source=draft.html_source + " "))
    assert answer.status_code == 409
    assert "nothing differs" in answer.content.decode()


@pytest.mark.parametrize("step", STEPS)
def test_a_launched_campaign_opens_no_step_and_takes_no_save(
    marketer: Client, sending: Campaign, step: str
) -> None:
    for answer in (
        marketer.get(url(step, sending)),
        marketer.post(url(step, sending), {"version": 1, "subject": "Late"}),
    ):
        assert answer["Location"] == f"/o/acme/campaigns/{sending.pk}/"
    assert "cannot be changed any more" in marketer.get("/o/acme/campaigns/").content.decode()
    answer = marketer.post(url(f"{step}_save", sending), {"version": 1}, headers={"HX-Request": "true"})
    assert answer.status_code == 409
    assert "cannot be changed any more" in answer.content.decode()
    assert kept(sending).version == 1


def test_a_planned_campaign_says_that_it_must_be_taken_back_first(marketer: Client, draft: Campaign) -> None:
    with tenant_scope(draft.tenant_id):
        Campaign.objects.filter(pk=draft.pk).update(state="scheduled")
    assert marketer.get(url("setup", draft))["Location"] == f"/o/acme/campaigns/{draft.pk}/"
    answer = marketer.post(url("setup_save", draft), setup(draft, subject="Late"))
    assert answer.status_code == 409
    assert kept(draft).version == 1


def test_the_review_leads_to_where_each_thing_is_mended(
    marketer: Client, draft: Campaign, write: Write
) -> None:
    faulty = write(subject="", html_source="<p>Sale!</p>")
    page = marketer.get(url("review", faulty)).content.decode()
    assert f"{url('setup', faulty)}#id_subject" in page
    assert f"{url('design', faulty)}#id_html_source" in page
    assert "needs work" in page


def test_what_is_offered_is_the_verified_and_the_unarchived(
    marketer: Client, tenant: Tenant, domain: SendingDomain, mailing_list: ContactList, write: Write
) -> None:
    shop = SenderDraft(name="Shop", address="shop@news.acme.test")
    create_sender(tenant_id=tenant.id, draft=shop, actor=SYSTEM)
    campaign = write(from_address="hello@other.test")
    page = marketer.get(url("setup", campaign)).content.decode()
    assert 'data-sender="shop@news.acme.test"' in page
    assert "other.test (not verified)" in page
    old = create_list(tenant_id=tenant.id, name="Old", actor=SYSTEM)
    with tenant_scope(tenant.id):
        ContactList.objects.filter(pk=old.pk).update(archived_at=timezone.now())
    assert "Old" not in marketer.get(url("audience", campaign)).content.decode()


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("version", ["", "0", "-1", "x", "9" * 30])
def test_a_save_without_a_version_is_no_save(
    marketer: Client, draft: Campaign, step: str, version: str
) -> None:
    sent = setup(draft) | design(draft) | {"version": version, "html_source": "x"}
    assert marketer.post(url(f"{step}_save", draft), sent).status_code == 400
    assert marketer.post(url(step, draft), sent).status_code == 422
    assert kept(draft).version == 1


@pytest.mark.parametrize("step", STEPS)
def test_who_may_not_write_and_who_is_outside_change_nothing(
    tenant: Tenant, other_tenant: Tenant, draft: Campaign, step: str
) -> None:
    analyst = person(tenant, "ann", Role.ANALYST)
    outsider = person(other_tenant, "charlie", Role.OWNER)
    sent = setup(draft, name="Theirs") | design(draft, html_source="x") | {"mailing_list_id": ""}
    for name in (step, f"{step}_save"):
        assert analyst.post(url(name, draft), sent).status_code == 403
        assert outsider.post(url(name, draft), sent).status_code == 404
        foreign = reverse(f"campaigns:{name}", args=["globex", draft.pk])
        assert outsider.post(foreign, sent).status_code == 404
    assert kept(draft).version == 1


def test_another_organizations_list_is_no_choice(
    marketer: Client, other_tenant: Tenant, draft: Campaign
) -> None:
    theirs = create_list(tenant_id=other_tenant.id, name="Theirs", actor=SYSTEM)
    sent = {"version": 1, "mailing_list_id": theirs.pk}
    assert marketer.post(url("audience", draft), sent).status_code == 422
    body = marketer.post(url("audience_save", draft), sent).content.decode()
    assert "data-problems" in body
    assert kept(draft).version == 1
    for wanted in (theirs.pk, 10**9, "x", "１"):
        answer = marketer.get("/o/acme/campaigns/forecast/", {"mailing_list_id": wanted})
        assert answer.status_code == 404


def test_the_forecast_counts_who_is_left_out(marketer: Client, load: Load, mailing_list: ContactList) -> None:
    load(PEOPLE + "花子@example.test,花子\n")
    answer = marketer.get("/o/acme/campaigns/forecast/", {"mailing_list_id": mailing_list.pk, "sizes": "1"})
    body = " ".join(re.sub("<[^>]+>", " ", answer.content.decode()).split())
    assert "2 of the 3 people on “News” get it." in body
    assert "Address that cannot be reached yet 1" in body
    assert body.startswith("3 people")


def test_the_audience_step_of_a_repeat_says_to_whom_it_goes(
    marketer: Client, sending: Campaign, write: Write, mailing_list: ContactList
) -> None:
    with tenant_scope(sending.tenant_id):
        Campaign.objects.filter(pk=sending.pk).update(state="sent", finished_at=timezone.now())
    made = repeat(tenant_id=sending.tenant_id, campaign_id=sending.pk, doubts=False, actor=SYSTEM)
    body = marketer.get(url("audience", made)).content.decode()
    assert "This campaign repeats “Spring”." in body
    assert f"campaign={made.pk}" in body
    wanted = {"mailing_list_id": mailing_list.pk, "campaign": made.pk}
    assert marketer.get("/o/acme/campaigns/forecast/", wanted).status_code == 200
    for strange in ("x", "9" * 30, "999999"):
        answer = marketer.get("/o/acme/campaigns/forecast/", wanted | {"campaign": strange})
        assert answer.status_code == 404
    assert "This campaign repeats" not in marketer.get(url("audience", write())).content.decode()


def test_the_preview_beside_the_editor_shows_the_saved_draft(marketer: Client, draft: Campaign) -> None:
    body = marketer.get(url("design_preview", draft)).content.decode()
    assert url("preview_example", draft) in body
    assert "Hello you" in marketer.get(url("preview_example", draft)).content.decode()
    ann = contact_of(draft).pk
    body = marketer.get(url("design_preview", draft), {"contact": ann, "look": "text"}).content.decode()
    assert "Hello Ann" in body
    assert "<iframe" not in body
    for wanted in ("x", "-1", "0", "9" * 30, "１"):
        assert marketer.get(url("design_preview", draft), {"contact": wanted}).status_code == 404


def test_an_error_in_the_source_stands_beside_it_with_place_and_guess(
    marketer: Client, draft: Campaign
) -> None:
    faulty = HTML.replace("contact.first_name", "contact.frist_name")
    body = marketer.post(url("design_save", draft), design(draft, html_source=faulty)).content.decode()
    assert "(line 1, column 25)" in body
    assert "Did you mean contact.first_name?" in body
    assert 'data-goto="id_html_source" data-line="1" data-column="25"' in body
    shown = marketer.get(url("design_preview", draft)).content.decode()
    assert "(unknown_field)" in shown


def test_the_text_is_made_from_the_mail_with_its_merge_tags(marketer: Client, draft: Campaign) -> None:
    body = marketer.get(url("design_text", draft)).content.decode()
    assert "{{ contact.first_name | default: &quot;you&quot; }}" in body


@pytest.mark.parametrize("name", [*STEPS, "design_preview", "design_save"])
def test_no_page_asks_more_than_twenty_questions(marketer: Client, draft: Campaign, name: str) -> None:
    with at_most(20):
        if name.endswith("_save"):
            answer = marketer.post(url(name, draft), design(draft, html_source=HTML + " "))
        else:
            answer = marketer.get(url(name, draft))
    assert answer.status_code == 200


SUBJECTS = [case for _, case in cases("headers_subjects") if to_bytes(case["input"]) is not None]
TEMPLATES = [case for _, case in cases("templates") if to_bytes(case["input"]) is not None]
URLS = [case for _, case in cases("urls") if to_bytes(case["input"]) is not None]


def words_of(case: Case) -> str:
    return (to_bytes(case["input"]) or b"").decode("utf-8", "replace")


@pytest.mark.parametrize("case", SUBJECTS, ids=[case["id"] for case in SUBJECTS])
def test_a_subject_of_the_cases_is_kept_or_refused_in_words(
    marketer: Client, draft: Campaign, case: Case
) -> None:
    words = words_of(case)
    for field in ("subject", "from_name", "preheader"):
        answer = marketer.post(url("setup_save", draft), setup(kept(draft), **{field: words}))
        assert answer.status_code == 200
        value = getattr(kept(draft), field)
        assert "\n" not in value
        assert "\r" not in value
        assert value == " ".join(words.split()) or "data-problems" in answer.content.decode()
    assert marketer.get(url("setup", draft)).status_code == 200


@pytest.mark.parametrize("case", TEMPLATES, ids=[case["id"] for case in TEMPLATES])
def test_a_template_of_the_cases_is_kept_as_it_is_and_runs_nothing(
    marketer: Client, draft: Campaign, case: Case
) -> None:
    words = words_of(case)
    answer = marketer.post(url("design_save", draft), design(draft, html_source=words))
    body = answer.content.decode()
    assert answer.status_code == 200
    assert (
        kept(draft).html_source == words.replace("\r\n", "\n").replace("\r", "\n") or "data-problems" in body
    )
    for name in ("design", "design_preview", "design_text"):
        page = marketer.get(url(name, draft))
        assert page.status_code == 200
        assert "<script>alert" not in page.content.decode()
        assert "SECRET_KEY =" not in page.content.decode()


@pytest.mark.parametrize("case", URLS, ids=[case["id"] for case in URLS])
def test_a_link_of_the_cases_is_named_where_it_may_not_be_sent(
    marketer: Client, draft: Campaign, case: Case
) -> None:
    html = HTML.replace("https://shop.acme.test/new", words_of(case).replace('"', "&quot;"))
    answer = marketer.post(url("design_save", draft), design(draft, html_source=html))
    assert answer.status_code == 200
    assert marketer.get(url("design_preview", draft)).status_code == 200
    if case["expect"] == "reject" and not case["title"].startswith("webhook"):
        assert "Must be mended" in answer.content.decode()
