"""The API's reference in a browser: drawn from our own files alone, within the page's policy and width."""

from pathlib import Path
from typing import Any, Final, Literal

import pytest
from playwright.sync_api import Page

from tests.browser.chromium import chromium, find
from tests.browser.servers import WEB, granian

pytestmark = pytest.mark.usefixtures("committed")
PAGES = {"/docs/api/": "#api-reference h1", "/docs/api/try/": "#api-try .opblock-tag"}


SCREENS: Final[tuple[tuple[int, Literal["light", "dark"]], ...]] = (
    (1366, "light"),
    (1366, "dark"),
    (390, "light"),
    (390, "dark"),
)


def wrong_with(page: Page, url: str, drawn: str) -> list[str]:
    """Whatever the browser had to complain about."""
    found: list[str] = []

    def asked(request: Any) -> None:
        if not request.url.startswith((url.partition("/docs")[0], "data:", "blob:")):
            found.append(request.url)

    page.on("request", asked)
    page.on("console", lambda said: found.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: found.append(str(error)))
    page.goto(url)
    page.locator(drawn).first.wait_for()
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        found.append("wider than the window")
    return found


def test_both_pages_are_drawn_on_a_desk_and_on_a_phone(tmp_path: Path) -> None:
    with granian(tmp_path / "web.log", *WEB) as port, chromium(find()) as browser:
        for path, drawn in PAGES.items():
            for width, colours in SCREENS:
                page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=colours)
                assert wrong_with(page, f"http://127.0.0.1:{port}{path}", drawn) == [], (path, width)
                name = path.strip("/").replace("/", "-")
                page.screenshot(path=tmp_path / f"{name}-{width}-{colours}.png")
                page.close()
