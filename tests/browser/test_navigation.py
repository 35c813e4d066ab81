"""Where am I: the highlighted line, the way up, the title of the window."""

import pytest
from playwright.sync_api import expect

from tests.browser.site import Look, Site

DRAFT = "12月のおすすめ特集(下書き・要確認)"


@pytest.mark.parametrize(
    ("path", "line", "way_up", "title"),
    [
        ("", "Home", [], "Home · Relay"),
        ("campaigns/", "Campaigns", [], "Campaigns · Relay"),
        ("campaigns/{id}/", "Campaigns", ["Campaigns"], f"{DRAFT} · Relay"),
        ("campaigns/{id}/preview/", "Campaigns", ["Campaigns", DRAFT], f"Preview of {DRAFT} · Relay"),
    ],
)
def test_a_page_says_where_one_is(site: Site, path: str, line: str, way_up: list[str], title: str) -> None:
    with site.open(Look(), site.world.owner) as context:
        page = context.new_page()
        page.goto(site.at(path.format(id=site.world.campaigns["draft"])))
        expect(page.locator(".sidebar [aria-current=page]")).to_have_text(line)
        expect(page.locator(".breadcrumb-link")).to_have_text(way_up)
        expect(page).to_have_title(title)
        for crumb in way_up:
            page.get_by_role("link", name=crumb).last.wait_for()
