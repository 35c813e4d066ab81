"""One visit: a picture, axe, and all that a page must never do."""

import ast
import json
import os
import re
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import axe_playwright_python
from playwright.sync_api import ConsoleMessage, Error, Page, Request

from tests.browser.site import SCREENS, Look

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
CATALOGUE = Path(__file__).resolve().parent.parent.parent / "locale/ja/LC_MESSAGES/django.po"
#: Rules whose findings are never serious: nothing that they say would be listened to.
NEVER_SERIOUS = (
    "aria-allowed-role", "aria-deprecated-role", "empty-table-header", "form-field-multiple-labels",
    "heading-order", "html-xml-lang-mismatch", "image-redundant-alt", "landmark-banner-is-top-level",
    "landmark-contentinfo-is-top-level", "landmark-main-is-top-level", "landmark-no-duplicate-banner",
    "landmark-no-duplicate-contentinfo", "landmark-no-duplicate-main", "landmark-one-main", "landmark-unique",
    "meta-viewport-large", "no-autoplay-audio", "page-has-heading-one", "presentation-role-conflict",
    "region", "server-side-image-map", "skip-link", "table-duplicate-name",
)  # fmt: skip
RUN_AXE = """axe.run(document, {iframes: false, preload: false, resultTypes: ["violations"], rules: RULES})
  .then(found => found.violations
  .filter(one => ["serious", "critical"].includes(one.impact))
  .flatMap(one => one.nodes.map(node => `${one.id}: ${node.html.slice(0, 160)} ${node.failureSummary}`)))
""".replace("RULES", json.dumps({name: {"enabled": False} for name in NEVER_SERIOUS}))
#: What people read or hear, but for what others wrote: mail, replies, commands, names of languages.
TEXTS = """(() => {
  const left = "code, pre, .reply, [lang], script, style, template, [hidden], option, .row-title, .foreign";
  const found = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const parent = walk.currentNode.parentElement;
    if (!parent.closest(left)) found.push(walk.currentNode.textContent.replace(/\\s+/g, " ").trim());
  }
  for (const name of ["aria-label", "title", "placeholder", "alt", "data-confirm", "data-confirm-title"])
    for (const one of document.querySelectorAll(`[${name}]`)) found.push(one.getAttribute(name));
  return [document.title, ...found].filter(Boolean);
})()"""
ENGLISH = re.compile(r"\b(?:[A-Za-z][a-z']+[ ,]+){3,}[a-z']+")


class Watch:
    """A page that is watched: what it asks for, what it complains about."""

    def __init__(self, page: Page, hosts: frozenset[str], *, rest: str = "") -> None:
        self.page = page
        self.foreign: list[str] = []
        self.complaints: list[str] = []
        self._hosts = hosts
        self._rest = rest
        self.page.on("request", self._asked)
        self.page.on("console", self._said)
        self.page.on("pageerror", self._failed)

    def leave(self) -> None:
        """Ends the visit where nothing happens, and leaves nothing of it in this tab for the next one."""
        self.page.remove_listener("request", self._asked)
        self.page.remove_listener("console", self._said)
        self.page.remove_listener("pageerror", self._failed)
        self.page.evaluate("try { sessionStorage.clear() } catch {}")
        self.page.goto(self._rest)

    def _asked(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme != "data" and parts.netloc not in self._hosts:
            self.foreign.append(request.url)

    def _said(self, message: ConsoleMessage) -> None:
        # The browser tells the status of a page that is an error; that is not the page's fault.
        if message.type == "error" and "the server responded with a status of 4" not in message.text:
            self.complaints.append(message.text)

    def _failed(self, error: Error) -> None:
        self.complaints.append(str(error))

    def _picture(self, name: str) -> None:
        """In a window as high as the page, so that the side bar reaches its foot as it does on a screen."""
        SCREENS.mkdir(parents=True, exist_ok=True)
        seen = self.page.viewport_size
        height = self.page.evaluate("document.documentElement.scrollHeight")
        stretched = seen is not None and seen["width"] > 992 and height > seen["height"]
        if seen and stretched:
            self.page.set_viewport_size({"width": seen["width"], "height": height})
        self.page.evaluate("scrollTo(0, 0)")
        self.page.screenshot(path=SCREENS / name, full_page=True)
        if seen and stretched:
            self.page.set_viewport_size(seen)

    def check(self, name: str, look: Look) -> None:
        """Takes the picture and fails with everything that is wrong."""
        self.page.evaluate("document.fonts.ready.then(() => null)")
        # A picture costs as much as all that is asserted here; nobody looks at those of a run that passes.
        if os.environ.get("SCREENS"):
            self._picture(f"{name}-{look}.png")
        assert not self.foreign, f"requests to other hosts: {self.foreign}"
        assert not self.complaints, f"the browser complained (policy, scripts): {self.complaints}"
        assert self.page.locator("html").get_attribute("lang") == look.language
        wide, seen = self.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert wide <= seen, f"the page is {wide} px wide in a window of {seen}"
        assert self.page.locator("h1").count() == 1
        assert axe(self.page) == []
        if look.language == "ja":
            assert untranslated(self.page) == []


def axe(page: Page) -> list[str]:
    """Serious and critical findings; axe comes through the debugger, since the policy lets no script in."""
    session = page.context.new_cdp_session(page)
    session.send("Runtime.evaluate", {"expression": AXE, "returnByValue": False})
    found: dict[str, Any] = session.send(
        "Runtime.evaluate", {"expression": RUN_AXE, "awaitPromise": True, "returnByValue": True}
    )
    session.detach()
    assert "exceptionDetails" not in found, found
    violations: list[str] = found["result"]["value"]
    return violations


def untranslated(page: Page) -> list[str]:
    """Texts of a Japanese page that are still English: our own, and anything that reads like a sentence."""
    texts: list[str] = page.evaluate(TEXTS)
    ours = english_texts()
    return [text for text in texts if text in ours or ENGLISH.search(text)]


@cache
def english_texts() -> frozenset[str]:
    """Source texts of the catalogue that a Japanese page must not show as they are."""
    blocks = CATALOGUE.read_text(encoding="utf-8").split("\n\n")
    pairs = ((_field(block, "msgid"), _field(block, "msgstr")) for block in blocks)
    return frozenset(english for english, japanese in pairs if english and english != japanese)


def _field(block: str, name: str) -> str:
    found = re.search(rf'^{name} ((?:"(?:[^"\\]|\\.)*"\s*)+)', block, re.MULTILINE)
    return "".join(ast.literal_eval(line) for line in found[1].split("\n") if line) if found else ""
