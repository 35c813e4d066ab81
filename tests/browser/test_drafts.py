"""Making a campaign as it is used: no end of a session, no second person and no key loses a word."""

from collections.abc import Callable, Iterator
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.audit import SYSTEM
from accounts.tenancy import tenant_scope
from campaigns.models import Campaign
from campaigns.services.campaigns import save_draft
from tests.browser.site import Look, Site
from tests.browser.test_behaviour import end_sessions, posts, set_state, sign_in_again
from tests.browser.test_hostile import BODIES, EVIL, FOOT, Evil, evil, watch
from tests.integration.waiting import until

__all__ = ["evil"]

Open = Callable[[str], tuple[int, Page]]


@pytest.fixture
def draft(site: Site) -> Iterator[Open]:
    """`draft("setup")` gives a new draft and the owner's browser at that step, its clock stopped."""
    with site.open(Look(), site.world.owner) as context:

        def draft(step: str) -> tuple[int, Page]:
            campaign_id = site.world.draft()
            page = context.new_page()
            page.clock.install()
            page.goto(site.campaign(campaign_id, f"{step}/"))
            return campaign_id, page

        yield draft


def kept(site: Site, campaign_id: int) -> Campaign:
    with tenant_scope(site.world.tenant.pk):
        return Campaign.objects.get(pk=campaign_id)


def becomes(site: Site, campaign_id: int, field: str, value: str) -> None:
    """Waits until the draft says so."""
    until(
        lambda: getattr(kept(site, campaign_id), field) == value,
        seconds=10,
        what=f"{field} to become {value!r}",
    )


def bob_saves(site: Site, campaign_id: int, **changes: str) -> None:
    tenant_id = site.world.tenant.pk
    save_draft(tenant_id=tenant_id, campaign_id=campaign_id, version=None, changes=changes, actor=SYSTEM)


def test_a_draft_saves_itself_after_a_pause_and_says_when(site: Site, draft: Open) -> None:
    campaign_id, page = draft("setup")
    page.locator("#id_subject").press("End")
    page.keyboard.type("雪のお知らせ")
    page.clock.run_for(1500)
    assert kept(site, campaign_id).version == 1
    page.clock.run_for(1000)
    becomes(site, campaign_id, "subject", "新年のごあいさつ雪のお知らせ")
    at = kept(site, campaign_id).updated_at.astimezone(ZoneInfo("Asia/Tokyo"))
    expect(page.locator("#draft-status")).to_have_text(f"Saved {at:%H:%M}")
    assert page.locator("#draft-status").get_attribute("role") == "status"


def test_leaving_a_field_saves_at_once_and_the_next_step_is_a_click_away(site: Site, draft: Open) -> None:
    campaign_id, page = draft("setup")
    page.locator("#id_subject").fill("Snow")
    page.locator("#id_preheader").focus()
    becomes(site, campaign_id, "subject", "Snow")
    page.locator("#id_preheader").fill("A lot of it")
    page.get_by_role("button", name="Next").click()
    page.wait_for_url("**/audience/")
    assert kept(site, campaign_id).preheader == "A lot of it"
    expect(page.locator("#forecast")).to_contain_text("5 of the 5 people")


def test_enter_that_chooses_a_japanese_word_sends_nothing(site: Site, draft: Open) -> None:
    campaign_id, page = draft("setup")
    sent, saved = posts(page, "/setup/"), posts(page, "/setup/save/")
    subject = page.locator("#id_subject")
    subject.press("End")
    session = page.context.new_cdp_session(page)
    session.send("Input.imeSetComposition", {"text": "ゆき", "selectionStart": 2, "selectionEnd": 2})
    page.clock.run_for(5000)
    for code in (229, 13):
        session.send(
            "Input.dispatchKeyEvent",
            {"type": "rawKeyDown", "key": "Enter", "code": "Enter", "windowsVirtualKeyCode": code},
        )
    page.evaluate(
        """document.activeElement.dispatchEvent(new KeyboardEvent("keydown",
        {key: "Enter", isComposing: true, bubbles: true, cancelable: true}))"""
    )
    page.clock.run_for(5000)
    assert (sent, saved) == ([], [])
    assert kept(site, campaign_id).version == 1
    session.send("Input.insertText", {"text": "雪"})
    page.clock.run_for(2500)
    becomes(site, campaign_id, "subject", "新年のごあいさつ雪")


def test_two_people_choose_between_their_texts(site: Site, draft: Open) -> None:
    campaign_id, page = draft("setup")
    bob_saves(site, campaign_id, subject="Bob's subject", preheader="Bob's preheader")
    page.locator("#id_subject").fill("My subject")
    page.clock.run_for(2500)
    conflict = page.locator("#draft-conflict")
    expect(conflict).to_contain_text("Bob's subject")
    expect(conflict).to_contain_text("My subject")
    page.locator("#id_subject").fill("My other subject")
    page.clock.run_for(5000)
    assert kept(site, campaign_id).subject == "Bob's subject"
    conflict.locator("[data-take=id_preheader]").click()
    expect(page.locator("#id_preheader")).to_have_value("Bob's preheader")
    conflict.get_by_role("button", name="Save what stands in the form").click()
    becomes(site, campaign_id, "subject", "My other subject")
    assert kept(site, campaign_id).preheader == "Bob's preheader"
    expect(conflict).to_be_empty()


def test_who_takes_the_others_text_sees_it(site: Site, draft: Open) -> None:
    campaign_id, page = draft("setup")
    bob_saves(site, campaign_id, subject="Bob's subject")
    page.locator("#id_subject").fill("My subject")
    page.get_by_role("button", name="Next").click()
    page.get_by_role("link", name="Take all of theirs").click()
    expect(page.locator("#id_subject")).to_have_value("Bob's subject")
    expect(page.locator("#draft-restored")).to_be_hidden()


@pytest.mark.parametrize("way", ["by itself", "Next"])
def test_what_was_typed_when_the_session_ended_is_there_after_signing_in(
    site: Site, draft: Open, way: str
) -> None:
    campaign_id, page = draft("design")
    end_sessions(page)
    source = page.locator("#id_html_source")
    source.fill("<mjml>\n  雪 {{ contact.email }}\n</mjml>")
    if way == "Next":
        page.get_by_role("button", name="Next").click()
    else:
        page.clock.run_for(2500)
        page.get_by_role("link", name="sign in again and go on").click()
    sign_in_again(site, page)
    expect(source).to_have_value("<mjml>\n  雪 {{ contact.email }}\n</mjml>")
    expect(page.locator("#draft-restored")).to_be_visible()
    page.clock.run_for(2500)
    becomes(site, campaign_id, "html_source", "<mjml>\n  雪 {{ contact.email }}\n</mjml>")
    page.reload()
    expect(page.locator("#draft-restored")).to_be_hidden()


def test_what_was_kept_over_an_older_version_meets_the_newer_one(site: Site, draft: Open) -> None:
    campaign_id, page = draft("setup")
    end_sessions(page)
    page.locator("#id_subject").fill("My subject")
    page.get_by_role("button", name="Next").click()
    bob_saves(site, campaign_id, subject="Bob's subject")
    sign_in_again(site, page)
    expect(page.locator("#id_subject")).to_have_value("My subject")
    page.clock.run_for(2500)
    expect(page.locator("#draft-conflict")).to_contain_text("Bob's subject")
    assert kept(site, campaign_id).subject == "Bob's subject"


def test_leaving_with_unsaved_text_warns_and_ctrl_s_saves(site: Site, draft: Open) -> None:
    campaign_id, page = draft("setup")
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.locator("#id_subject").click()
    page.keyboard.type("!")
    page.evaluate("location.reload()")
    until(lambda: asked == ["beforeunload"], seconds=10, what="the warning")
    page.keyboard.press("Control+s")
    becomes(site, campaign_id, "subject", "新年のごあいさつ!")
    page.reload()
    expect(page.locator("#id_subject")).to_have_value("新年のごあいさつ!")
    assert asked == ["beforeunload"]


def test_the_back_button_after_a_launch_leads_to_the_campaign(site: Site, draft: Open) -> None:
    campaign_id, page = draft("setup")
    page.goto(site.at("campaigns/"))
    set_state(site, campaign_id, Campaign.State.SENDING, audience=5, launched_at=timezone.now())
    page.go_back()
    page.wait_for_url(site.campaign(campaign_id))
    expect(page.locator("#toasts")).to_contain_text("cannot be changed any more")


def test_the_editor_numbers_lines_indents_and_lets_the_keyboard_out(site: Site, draft: Open) -> None:
    _, page = draft("design")
    source = page.locator("#id_html_source")
    source.fill("<p>\n  a\n</p>")
    expect(page.locator(".editor-lines").first).to_have_text("1\n2\n3", use_inner_text=True)
    source.focus()
    source.evaluate("field => field.setSelectionRange(7, 7)")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("b")
    expect(source).to_have_value("<p>\n  a\n    b\n</p>")
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") != "id_html_source"


def test_a_merge_field_goes_where_the_cursor_was_and_an_error_shows_its_place(
    site: Site, draft: Open
) -> None:
    _, page = draft("design")
    source = page.locator("#id_html_source")
    source.fill("<mjml><mj-body><mj-section><mj-column><mj-text>\nHi {{ contact.frist_name }}</mj-text>")
    page.clock.run_for(2500)
    needs = page.locator("#draft-needs")
    expect(needs).to_contain_text("Did you mean contact.first_name?")
    needs.get_by_role("button", name="Show the place").first.click()
    assert source.evaluate("field => field.value.slice(field.selectionStart).startsWith('contact.frist')")
    source.evaluate("field => field.setSelectionRange(0, 0)")
    page.get_by_text("Insert a merge field").click()
    page.get_by_role("button", name="E-mail address").click()
    assert source.input_value().startswith("{{ contact.email }}<mjml>")


def test_what_others_wrote_runs_nothing_in_the_editor_and_beside_it(site: Site, evil: Evil) -> None:
    body = "".join(BODIES.values()).replace(EVIL, evil.address)
    campaign_id = site.world.draft(
        name="Evil", markup="html", html_source=f"<html><body>{body}{FOOT}</body></html>", subject=body
    )
    with site.open(Look(), site.world.owner) as context:
        page, did = watch(context)
        for step in ("setup", "design"):
            page.goto(site.campaign(campaign_id, f"{step}/"))
            page.wait_for_load_state("networkidle")
            page.locator("details.merge summary").click()
            assert page.evaluate("window.pwned") is None
        page.locator("#id_html_source").press("End")
        page.keyboard.type(" ")
        page.keyboard.press("Control+s")
        page.wait_for_load_state("networkidle")
        assert page.evaluate("window.pwned") is None
        assert (did, evil.visits, len(context.pages)) == ([], [], 1)


def test_the_preview_follows_the_text(site: Site, draft: Open) -> None:
    _, page = draft("design")
    frame = page.frame_locator(".preview-frame")
    expect(frame.locator("body")).to_contain_text("陽乃")
    page.get_by_label("HTML", exact=True).check()
    page.locator("#id_html_source").fill(
        "<p>Snow for {{ contact.last_name }}</p><a href='{{ unsubscribe_url }}'>x</a>"
    )
    page.clock.run_for(2500)
    expect(frame.locator("body")).to_contain_text("Snow for 陽乃")
    page.locator("#eyes-contact").select_option(label="ken@yahoo.test")
    expect(frame.locator("body")).to_contain_text("Snow for 田中")
