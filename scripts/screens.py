"""Takes the pictures: `python -m scripts.screens <data folder of a demo>`.

First every page in every look, from the browser tests with their own data, into var/screens/. Then, where a
demo runs in the folder, the few pictures that the documents show, with real mail, into docs/screens/.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

from relay_saas.embedded import info
from relay_saas.embedded.exceptions import NotRunning
from tests.browser.chromium import chromium, find_or_none

ROOT = Path(__file__).resolve().parent.parent
ALL = ROOT / "var" / "screens"
DOCS = ROOT / "docs" / "screens"
LOCALES = {"ja": "ja-JP", "en": "en-GB"}
WINDOW = {"width": 1280, "height": 800}
#: Higher than this a picture says no more.
HIGHEST = 1600
UNSUBSCRIBE = re.compile(r"https?://t\.[^\s<>\"]+/u/[a-z0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """A running demo, seen by its owner in one language."""

    page: Page
    language: str
    told: dict[str, Any]

    def sign_in(self) -> None:
        """As the owner."""
        self.page.goto(f"{self.told['base_url']}/accounts/login/")
        self.page.locator("#id_login").fill(self.told["owner_email"])
        self.page.locator("#id_password").fill(self.told["owner_password"])
        self.page.locator("form[action$='/login/'] button").click()
        self.page.locator(".sidebar").wait_for()
        # The greeting would lie over the picture.
        self.page.locator("#toasts [data-dismiss]").first.click()

    def visits(self) -> Iterator[str]:
        """Goes from page to page; the name of the picture to be taken at each stop."""
        self.sign_in()
        yield "home"
        self.page.locator("a.row-title").first.click()
        self.page.locator("#live").wait_for()
        yield "campaign"
        self.page.locator(".page-actions a").first.click()
        self.page.locator("iframe").wait_for()
        self.page.wait_for_load_state("networkidle")
        yield "preview"
        mailboxes = f"{self.told['mailboxes_url']}/?lang={self.language}"
        self.page.goto(mailboxes)
        yield "mailboxes"
        self.page.locator(".rows a").first.click()
        self.page.locator(".rows a").first.click()
        self.page.wait_for_load_state("networkidle")
        yield "mail"
        self.page.locator(".tabs a[href*='tab=verdicts']").click()
        yield "verdicts"
        self.page.locator(".tabs a[href*='tab=source']").click()
        link = UNSUBSCRIBE.search(self.page.locator("pre").inner_text().replace("=\n", ""))
        if link:
            self.page.goto(f"{link[0]}?lang={self.language}")
            yield "unsubscribe"


def every_page() -> int:
    """All pages, both languages, both widths, light and dark; the exit status of the tests."""
    command = [sys.executable, "-m", "pytest", "--no-header", "-q", "tests/browser/test_pages.py"]
    return subprocess.run(command, cwd=ROOT, env=os.environ | {"SCREENS": "all"}, check=False).returncode


def of_the_demo(browser: Browser, told: dict[str, Any]) -> list[Path]:
    """The pictures for the documents."""
    DOCS.mkdir(parents=True, exist_ok=True)
    return [path for language in LOCALES for path in _in_language(browser, told, language)]


def _in_language(browser: Browser, told: dict[str, Any], language: str) -> Iterator[Path]:
    context = browser.new_context(
        viewport={"width": WINDOW["width"], "height": WINDOW["height"]},
        locale=LOCALES[language],
        reduced_motion="reduce",
    )
    demo = Demo(page=context.new_page(), language=language, told=told)
    for name in demo.visits():
        path = DOCS / f"{name}-{language}.png"
        _picture(demo.page, path)
        yield path
    context.close()


def _picture(page: Page, path: Path) -> None:
    height = int(page.evaluate("document.documentElement.scrollHeight"))
    page.set_viewport_size({"width": WINDOW["width"], "height": min(max(height, WINDOW["height"]), HIGHEST)})
    page.screenshot(path=path)
    page.set_viewport_size({"width": WINDOW["width"], "height": WINDOW["height"]})


def main(folder: str) -> int:
    """Both sets; prints what was made."""
    path = find_or_none()
    if path is None:
        sys.stderr.write("error: no browser: apt-get install chromium fonts-noto-cjk\n")
        return 1
    status = every_page()
    made = sorted(ALL.glob("*.png"))
    try:
        told = info.read(Path(folder))
    except NotRunning as error:
        sys.stderr.write(f"docs/screens stay as they are: {error}\n")
    else:
        with chromium(path) as browser:
            made += of_the_demo(browser, told)
    for picture in made:
        sys.stdout.write(f"{picture.relative_to(ROOT)}\n")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "var/demo"))
