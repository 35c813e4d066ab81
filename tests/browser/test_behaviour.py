"""What happens when people press, switch, wait, go back: the campaign's page as it is used."""

from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone
from playwright.sync_api import Locator, Page, Request, expect

from accounts.audit import SYSTEM
from accounts.models import AuditEvent
from accounts.tenancy import tenant_scope
from campaigns.models import Campaign
from campaigns.services.schedule import undo
from delivery.models import AttemptState, Counter
from tests.browser.site import Look, Site
from tests.browser.story import LIST
from tests.browser.world import PASSWORD

SUBJECT = "新年のごあいさつ"
MOST_TABS = 60


@pytest.fixture
def page(site: Site) -> Iterator[Page]:
    """The owner's browser, in English."""
    with site.open(Look(), site.world.owner) as context:
        yield context.new_page()


def posts(page: Page, ending: str) -> list[str]:
    """Collects the paths of the POST requests that end so, from now on."""
    found: list[str] = []

    def note(request: Request) -> None:
        if request.method == "POST" and request.url.endswith(ending):
            found.append(urlsplit(request.url).path)

    page.on("request", note)
    return found


def tab_to(page: Page, words: str) -> None:
    """Presses Tab until the button of that name has the focus."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent.trim()") == words:
            return
    pytest.fail(f"the keyboard does not reach {words!r}")


def launched(site: Site, campaign_id: int) -> int:
    """How often the audit trail says that it was launched."""
    with tenant_scope(site.world.tenant.pk):
        return AuditEvent.objects.filter(verb="launched", object_id=str(campaign_id)).count()


def set_state(site: Site, campaign_id: int, state: Campaign.State, **values: object) -> None:
    """Puts a campaign where delivery would have put it."""
    with tenant_scope(site.world.tenant.pk):
        Campaign.objects.filter(pk=campaign_id).update(state=state, **values)


def sending(site: Site) -> int:
    """A campaign that is being sent to 100 people."""
    campaign_id = site.world.draft(name="お正月")
    set_state(site, campaign_id, Campaign.State.SENDING, audience=100, launched_at=timezone.now())
    return campaign_id


def count(site: Site, campaign_id: int, n: int) -> None:
    """Delivered so far."""
    with tenant_scope(site.world.tenant.pk):
        Counter.objects.update_or_create(
            tenant_id=site.world.tenant.pk,
            campaign_id=campaign_id,
            state=AttemptState.DELIVERED,
            shard=0,
            defaults={"n": n},
        )


def plans(site: Site, campaign_id: int) -> int:
    """How often the audit trail says that it was planned."""
    with tenant_scope(site.world.tenant.pk):
        return AuditEvent.objects.filter(verb="scheduled", object_id=str(campaign_id)).count()


def bar_of(page: Page) -> Locator:
    """The bar of the campaign that this test sends."""
    return page.locator("#pending .pending-bar", has_text=SUBJECT)


def tick_all(page: Page) -> None:
    """Ticks every warning of the review."""
    for box in page.get_by_label("I have checked").all():
        box.check()


def test_a_draft_is_sent_by_the_keyboard_alone(site: Site, page: Page) -> None:
    campaign_id = site.world.draft()
    page.goto(site.campaign(campaign_id, "review/"))
    for box in page.get_by_label("I have checked").all():
        box.focus()
        page.keyboard.press("Space")
    tab_to(page, "Send now")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(SUBJECT)
    expect(dialog).to_contain_text(LIST)
    expect(dialog).to_contain_text("5 people")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert plans(site, campaign_id) == 0
    tab_to(page, "Send now")
    page.keyboard.press("Enter")
    tab_to(page, "Send now")
    page.keyboard.press("Enter")
    expect(page.locator("#live .state")).to_have_text("Scheduled")
    assert plans(site, campaign_id) == 1
    bar_of(page).get_by_role("button", name="Undo").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Review and send")


def test_a_double_click_sends_once_and_undo_takes_it_back(site: Site, page: Page) -> None:
    campaign_id = site.world.draft()
    page.goto(site.campaign(campaign_id, "review/"))
    sent = posts(page, "/launch/")
    tick_all(page)
    page.get_by_role("button", name="Send now").click()
    page.get_by_role("dialog").get_by_role("button", name="Send now").dblclick()
    expect(page.locator("#live .state")).to_have_text("Scheduled")
    assert len(sent) == 1
    assert plans(site, campaign_id) == 1
    expect(page.locator("#pending-said")).to_contain_text("goes out in")
    page.goto(site.at())
    bar = bar_of(page)
    expect(page.locator("#pending-said")).to_be_empty()
    seconds = bar.locator("[data-count]").inner_text()
    expect(bar.locator("[data-count]")).not_to_have_text(seconds)
    bar.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Review and send")
    expect(bar).to_have_count(0)
    assert launched(site, campaign_id) == 0


def test_the_back_button_after_sending_leads_to_the_live_page_and_sends_nothing(
    site: Site, page: Page
) -> None:
    campaign_id = site.world.draft()
    page.goto(site.at("campaigns/"))
    page.goto(site.campaign(campaign_id, "review/"))
    sent = posts(page, "/launch/")
    tick_all(page)
    page.get_by_role("button", name="Send now").click()
    page.get_by_role("dialog").get_by_role("button", name="Send now").click()
    expect(page.locator("#live .state")).to_have_text("Scheduled")
    page.go_back()
    expect(page.locator("#live .state")).to_have_text("Scheduled")
    page.go_forward()
    expect(page.locator("#live .state")).to_have_text("Scheduled")
    expect(page.get_by_role("button", name="Send now")).to_have_count(0)
    assert len(sent) == 1
    assert plans(site, campaign_id) == 1
    undone(site, campaign_id)


def undone(site: Site, campaign_id: int) -> None:
    """Nothing stays planned for the tests that follow."""
    undo(tenant_id=site.world.tenant.pk, campaign_id=campaign_id, actor=SYSTEM)


def test_without_its_ticks_nothing_is_sent(site: Site, page: Page) -> None:
    campaign_id = site.world.draft()
    page.goto(site.campaign(campaign_id, "review/"))
    sent = posts(page, "/launch/")
    page.get_by_role("button", name="Send now").click()
    expect(page.get_by_label("I have checked").first).to_be_focused()
    assert sent == []


def test_a_plan_repeats_its_time_and_is_taken_back(site: Site, page: Page) -> None:
    campaign_id = site.world.draft()
    page.goto(site.campaign(campaign_id, "review/"))
    tick_all(page)
    day = (timezone.now() + timedelta(days=7)).date().isoformat()
    page.get_by_label("Date and time").fill(f"{day}T10:30")
    page.get_by_role("button", name="Schedule").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(f"{day} 10:30")
    dialog.get_by_role("button", name="Schedule").click()
    expect(page.locator("#live .state")).to_have_text("Scheduled")
    with tenant_scope(site.world.tenant.pk):
        assert f"{Campaign.objects.get(pk=campaign_id).scheduled_at:%H:%M}" == "01:30"
    page.locator("#live").get_by_role("button", name="Undo").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Review and send")


def test_a_campaign_is_paused_resumed_and_cancelled(site: Site, page: Page) -> None:
    campaign_id = sending(site)
    page.goto(site.campaign(campaign_id))
    state = page.locator("#live .state").first
    for button, becomes in (("Pause", "Paused"), ("Resume", "Sending")):
        page.get_by_role("button", name=button).click()
        expect(state).to_have_text(becomes)
    page.get_by_role("button", name="Cancel").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("100 messages that are still waiting will not be sent.")
    dialog.get_by_role("button", name="Go back").click()
    expect(state).to_have_text("Sending")
    page.get_by_role("button", name="Cancel").click()
    dialog.get_by_role("button", name="Cancel the campaign").click()
    expect(state).to_have_text("Cancelled")
    expect(page.locator("#live .actions button")).to_have_count(0)


def test_the_page_renews_itself_and_stops_when_nothing_moves_any_more(site: Site, page: Page) -> None:
    campaign_id = sending(site)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/live/" in request.url else None)
    page.clock.install()
    page.goto(site.campaign(campaign_id))
    delivered = page.locator(".stat-value").first
    expect(delivered).to_have_text("0")
    for n in (40, 90):
        count(site, campaign_id, n)
        page.clock.run_for(2500)
        expect(delivered).to_have_text(str(n))
    count(site, campaign_id, 100)
    set_state(site, campaign_id, Campaign.State.SENT, finished_at=timezone.now())
    page.clock.run_for(2500)
    expect(page.locator("#live .state").first).to_have_text("Sent")
    expect(page.locator("#live[data-poll]")).to_have_count(0)
    before = len(asked)
    page.clock.run_for(60_000)
    assert len(asked) == before


def test_the_language_switch_keeps_the_page(site: Site, page: Page) -> None:
    address = site.at("campaigns/?state=paused")
    page.goto(address)
    page.get_by_role("button", name="日本語").click()
    expect(page.locator("html")).to_have_attribute("lang", "ja")
    assert page.url == address
    expect(page.locator(".filters [aria-current]")).to_have_text("一時停止")
    page.goto(site.at())
    expect(page.locator("html")).to_have_attribute("lang", "ja")


def test_the_theme_switch_persists(site: Site, page: Page) -> None:
    page.goto(site.at())
    switch = page.locator("[data-theme-switch]")
    for theme in ("light", "dark"):
        switch.click()
        expect(page.locator("html")).to_have_attribute("data-theme", theme)
    page.goto(site.at("campaigns/"))
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    expect(page.locator("[data-theme-switch]")).to_have_attribute("aria-label", "Colours: dark")


def test_a_session_that_ends_in_the_middle_of_a_form_leads_to_the_sign_in_and_back(
    site: Site, page: Page
) -> None:
    campaign_id = site.world.draft()
    page.goto(site.campaign(campaign_id, "review/"))
    tick_all(page)
    end_sessions(page)
    page.get_by_role("button", name="Send now").click()
    page.get_by_role("dialog").get_by_role("button", name="Send now").click()
    sign_in_again(site, page)
    expect(page.get_by_role("button", name="Send now")).to_be_visible()
    assert page.url == site.campaign(campaign_id, "review/")
    assert plans(site, campaign_id) == 0


def test_a_page_that_renews_itself_notices_the_end_of_the_session(site: Site, page: Page) -> None:
    campaign_id = sending(site)
    page.clock.install()
    page.goto(site.campaign(campaign_id))
    end_sessions(page)
    page.clock.run_for(2500)
    sign_in_again(site, page)
    expect(page.locator("#live .state").first).to_have_text("Sending")
    assert page.url == site.campaign(campaign_id)


def end_sessions(page: Page) -> None:
    """The session runs out on the server; the browser does not know."""
    key = next(one["value"] for one in page.context.cookies() if one["name"] == "sessionid")
    Session.objects.filter(session_key=key).delete()


def sign_in_again(site: Site, page: Page) -> None:
    """Fills the form in."""
    page.locator("#id_login").fill(site.world.owner.email)
    page.locator("#id_password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
