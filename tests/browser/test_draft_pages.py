"""The pages of making a campaign once in each look."""

import pytest
from playwright.sync_api import Page

from tests.browser.site import Look, Site
from tests.browser.stops import Address, Open, Stop, opened, visit, visits

__all__ = ["opened"]

STEPS = ("setup", "audience", "design")


def _rest(page: Page) -> None:
    """Fragments load by themselves; a frame is painted where it can be seen."""
    page.wait_for_load_state("networkidle")
    page.locator("#draft ~ aside, #draft").last.scroll_into_view_if_needed()
    page.wait_for_load_state("networkidle")


def _save_nonsense(page: Page) -> None:
    page.locator("#id_name").fill("")
    page.locator("#id_reply_to").fill("返信先 no address")
    page.locator("button[name=go][value=next]").click()
    page.get_by_role("alert").first.wait_for()


def _open_details(page: Page) -> None:
    for summary in page.locator("main summary").all():
        summary.click()
    page.wait_for_load_state("networkidle")


def _meet_somebody(page: Page) -> None:
    """The page of somebody who saw an older version."""
    page.evaluate("document.querySelector('#draft [name=version]').value = 999")
    page.locator("#id_subject").fill("12月のおすすめ特集、今年もやります")
    page.locator("#id_preheader").focus()
    page.locator("[data-keep-mine]").wait_for()


def _begin(page: Page) -> None:
    page.locator("#draft, main form .btn-primary").first.click()
    page.locator("#draft").wait_for()


def step_of(key: str, step: str) -> Address:
    """A step of making that campaign."""
    return lambda site: site.campaign(site.world.campaigns[key], f"{step}/")


def new_at_empty(site: Site) -> str:
    """Where nothing is set up yet."""
    return f"{site.web}/o/{site.world.empty.slug}/campaigns/new/"


STOPS = (
    Stop(name="campaign-new", address=lambda site: site.at("campaigns/new/")),
    Stop(name="draft-first", address=new_at_empty, act=_begin),
    *(Stop(name=f"draft-{step}", address=step_of("draft", step), act=_rest, leads=True) for step in STEPS),
    *(Stop(name=f"faulty-{step}", address=step_of("faulty", step), act=_rest) for step in STEPS[::2]),
    Stop(name="draft-refused", address=step_of("draft", "setup"), act=_save_nonsense),
    Stop(name="draft-merge", address=step_of("draft", "design"), act=_open_details),
    Stop(name="draft-conflict", address=step_of("draft", "setup"), act=_meet_somebody),
)


@pytest.mark.parametrize(("stop", "look"), visits(STOPS))
def test_a_visit_finds_nothing_to_complain_about(site: Site, opened: Open, stop: Stop, look: Look) -> None:
    visit(site, opened, stop, look)
