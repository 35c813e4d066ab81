"""The red switch as it is used: chosen, reasoned, read back, thrown and lifted again."""

from playwright.sync_api import Page, expect

from delivery.models import PolicyState, Scope
from tests.browser.site import Look, Site
from tests.browser.test_behaviour import tab_to

REASON = "listed at a block list"


def stops_of_everything() -> list[PolicyState]:
    return [row for row in PolicyState.objects.filter(ended_at=None) if row.scope == Scope()]


def throw(page: Page) -> None:
    page.get_by_label("Reason").fill(REASON)
    tab_to(page, "Stop sending")
    page.keyboard.press("Enter")


def test_everything_is_stopped_by_the_keyboard_and_lifted_again(site: Site) -> None:
    with site.open(Look(), site.world.operator) as context:
        page = context.new_page()
        page.goto(site.ops())
        throw(page)
        dialog = page.get_by_role("dialog")
        expect(dialog).to_contain_text("“All sending” will be stopped at once")
        expect(dialog).to_contain_text(f"Reason: {REASON}")
        page.keyboard.press("Escape")
        expect(dialog).to_be_hidden()
        assert stops_of_everything() == []
        throw(page)
        tab_to(page, "Stop it now")
        page.keyboard.press("Enter")
        expect(page.locator("#live .alert-danger")).to_contain_text(REASON)
        [made] = stops_of_everything()
        assert (made.reason, made.set_by) == (REASON, site.world.operator.email)
        page.locator("#live .alert-danger").get_by_role("button", name="Lift").click()
        page.get_by_role("dialog").get_by_role("button", name="Lift it").click()
        expect(page.locator("#toasts")).to_contain_text("Sending goes on")
        assert stops_of_everything() == []


def test_the_dialog_speaks_of_what_was_chosen(site: Site) -> None:
    with site.open(Look(), site.world.operator) as context:
        page = context.new_page()
        page.goto(site.ops())
        page.get_by_label("What to stop").select_option(label="docomo.test")
        throw(page)
        expect(page.get_by_role("dialog")).to_contain_text("“docomo.test” will be stopped at once")
