"""The pages of webhooks once in each look."""

import pytest
from playwright.sync_api import Page

from tests.browser.site import Look, Site
from tests.browser.stops import Open, Stop, opened, visit, visits

__all__ = ["opened"]

LIST = "developers/webhooks/"


def _refuse(page: Page) -> None:
    page.locator("#id_url").fill("http://10.0.0.1/hook")
    page.locator("main form .btn-primary").last.click()
    page.get_by_role("alert").first.wait_for()


def _add(page: Page) -> None:
    page.locator("#id_url").fill("https://hooks.example.com/mail")
    page.locator("main form .btn-primary").last.click()
    page.locator("[data-copy^=whsec_]").wait_for()


def _open_first(page: Page) -> None:
    page.get_by_role("link", name="https://shop.hinode.example").click()
    page.locator("main form[action*='/test/'] button").wait_for()


def _open_disabled(page: Page) -> None:
    page.get_by_role("link", name="https://old.hinode.example").click()
    page.locator("main form[action*='/enable/'] button").first.wait_for()


def _open_call(page: Page) -> None:
    _open_first(page)
    page.get_by_role("link", name="complained").click()
    page.locator("main form[action*='/resend/'] button").wait_for()
    page.evaluate("document.querySelectorAll('main details').forEach(one => { one.open = true })")


def _open_replay(page: Page) -> None:
    _open_first(page)
    page.locator("a[href$='/replay/']").click()
    page.locator("#id_since").wait_for()


def _press_delete(page: Page) -> None:
    _open_first(page)
    page.locator("main form[action*='/delete/'] button").click()
    page.locator("#confirm[open]").wait_for()


STOPS = (
    Stop(name="webhooks", address=lambda site: site.at(LIST)),
    Stop(name="webhooks-empty", address=lambda site: f"{site.web}/o/{site.world.empty.slug}/{LIST}"),
    Stop(name="webhook-new", address=lambda site: site.at(f"{LIST}new/")),
    Stop(name="webhook-refused", address=lambda site: site.at(f"{LIST}new/"), act=_refuse),
    Stop(name="webhook-secret", leads=True, address=lambda site: site.at(f"{LIST}new/"), act=_add),
    Stop(name="webhook", leads=True, address=lambda site: site.at(LIST), act=_open_first),
    Stop(name="webhook-disabled", address=lambda site: site.at(LIST), act=_open_disabled),
    Stop(name="webhook-call", leads=True, address=lambda site: site.at(LIST), act=_open_call),
    Stop(name="webhook-replay", leads=True, address=lambda site: site.at(LIST), act=_open_replay),
    Stop(name="webhook-delete", address=lambda site: site.at(LIST), act=_press_delete),
)


@pytest.mark.parametrize(("stop", "look"), visits(STOPS))
def test_a_visit_finds_nothing_to_complain_about(site: Site, opened: Open, stop: Stop, look: Look) -> None:
    visit(site, opened, stop, look)
