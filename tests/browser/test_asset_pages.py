"""Domains, senders, templates and pictures: each page once in each look."""

import pytest
from playwright.sync_api import Page

from tests.browser.site import Look, Site
from tests.browser.stops import Open, Stop, opened, visit, visits

__all__ = ["opened"]


def _wrong_domain(page: Page) -> None:
    page.locator("#id_name").fill("ドメインではありません")
    page.locator("form[action$='/domains/new/'] button").click()
    page.get_by_role("alert").first.wait_for()


def _remove(page: Page) -> None:
    page.locator("main form:is([action$='/remove/'], [action$='/delete/']) .btn-outline-danger").click()
    page.locator("#confirm[open]").wait_for()


def _wrong_sender(page: Page) -> None:
    page.locator("#id_name").fill("日の出ストア")
    page.locator("#id_address").fill("news@elsewhere.test")
    page.locator("main form .btn-primary").click()
    page.get_by_role("alert").first.wait_for()


def _wrong_picture(page: Page) -> None:
    page.locator("#id_file").set_input_files(
        files=[{"name": "logo.svg", "mimeType": "image/svg+xml", "buffer": b"<svg onload='alert(1)'/>"}]
    )
    page.locator("form[action$='/upload/'] button").click()
    page.get_by_role("alert").first.wait_for()


def _no_name(page: Page) -> None:
    page.locator("#id_name").fill("")
    page.locator("main form .btn-primary").click()
    page.get_by_role("alert").first.wait_for()


def _seen(page: Page) -> None:
    page.locator("iframe").scroll_into_view_if_needed()
    page.frame_locator("iframe").get_by_role("link").first.wait_for()


def empty(site: Site, path: str) -> str:
    """A page of the organization that has nothing yet."""
    return f"{site.web}/o/{site.world.empty.slug}/{path}"


STOPS = (
    Stop(name="domain", address=lambda site: site.at(f"domains/{site.world.assets.verified}/")),
    Stop(name="domain-waiting", address=lambda site: site.at(f"domains/{site.world.assets.waiting}/")),
    Stop(
        name="domain-analyst",
        address=lambda site: site.at(f"domains/{site.world.assets.waiting}/"),
        who="analyst",
    ),
    Stop(
        name="domain-remove",
        address=lambda site: site.at(f"domains/{site.world.assets.waiting}/"),
        act=_remove,
    ),
    Stop(name="domain-refused", address=lambda site: empty(site, "domains/"), act=_wrong_domain),
    Stop(name="domain-shared", address=lambda site: f"{site.web}/dns/{site.world.assets.share}/", who=""),
    Stop(name="domain-share-unknown", address=lambda site: f"{site.web}/dns/nonsense/", who=""),
    Stop(name="senders", address=lambda site: site.at("senders/")),
    Stop(name="senders-empty", address=lambda site: empty(site, "senders/")),
    Stop(name="sender", address=lambda site: site.at(f"senders/{site.world.assets.sender}/")),
    Stop(name="sender-refused", address=lambda site: site.at("senders/new/"), act=_wrong_sender),
    Stop(name="templates", address=lambda site: site.at("templates/")),
    Stop(name="templates-analyst", address=lambda site: site.at("templates/"), who="analyst"),
    Stop(name="templates-put-away", address=lambda site: site.at("templates/?archived=1")),
    Stop(name="templates-empty", address=lambda site: empty(site, "templates/")),
    Stop(name="template-new", address=lambda site: site.at("templates/new/")),
    Stop(
        name="template",
        address=lambda site: site.at(f"templates/{site.world.assets.template}/"),
        act=_seen,
        leads=True,
    ),
    Stop(
        name="template-phone",
        address=lambda site: site.at(f"templates/{site.world.assets.template}/?look=phone"),
        act=_seen,
    ),
    Stop(name="template-faulty", address=lambda site: site.at(f"templates/{site.world.assets.faulty}/")),
    Stop(
        name="template-refused",
        address=lambda site: site.at(f"templates/{site.world.assets.faulty}/"),
        act=_no_name,
    ),
    Stop(name="media", address=lambda site: site.at("media/")),
    Stop(name="media-empty", address=lambda site: empty(site, "media/")),
    Stop(name="media-refused", address=lambda site: site.at("media/"), act=_wrong_picture),
    Stop(name="media-item", address=lambda site: site.at(f"media/{site.world.assets.picture}/")),
    Stop(
        name="media-remove", address=lambda site: site.at(f"media/{site.world.assets.picture}/"), act=_remove
    ),
)


@pytest.mark.parametrize(("stop", "look"), visits(STOPS))
def test_a_visit_finds_nothing_to_complain_about(site: Site, opened: Open, stop: Stop, look: Look) -> None:
    visit(site, opened, stop, look)
