"""What others wrote never acts: mail in the preview, names, replies of servers."""

import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import BrowserContext, Error, Page, expect

from campaigns.models import Campaign
from tests.browser.site import Look, Site
from tests.browser.story import HOSTILE

#: Stands for an address at which somebody counts who comes.
EVIL = "https://evil.test"
SIGN = "top.pwned = parent.pwned = window.pwned = 1; alert(1); fetch('https://evil.test/');"
BODIES = {
    "script": f"<script>{SIGN}</script><script src='{EVIL}/a.js'></script>",
    "event handler": f'<img src="x" onerror="{SIGN}"><body onload="{SIGN}">',
    "svg": f'<svg onload="{SIGN}"><script>{SIGN}</script><image href="{EVIL}/a.svg"/></svg>',
    "iframe": f'<iframe src="{EVIL}/"></iframe><iframe srcdoc="<script>{SIGN}</script>"></iframe>',
    "meta refresh": f'<meta http-equiv="refresh" content="0; url={EVIL}/">',
    "form": f'<form action="{EVIL}/"><input name="a" value="1"><button>Press</button></form>',
    "style import": f"<style>@import '{EVIL}/a.css'; body {{ background: url({EVIL}/a.png) }}</style>",
    "link": f'<link rel="stylesheet" href="{EVIL}/a.css"><link rel="prefetch" href="{EVIL}/b">'
    f'<link rel="preconnect" href="{EVIL}">',
    "object": f'<object data="{EVIL}/a.swf"></object><embed src="{EVIL}/a.pdf">',
    "base": f'<base href="{EVIL}/"><img src="a.png"><img src="/b.png">',
    "javascript link": f'<a href="javascript:{SIGN}">Press</a>',
    "srcset": f'<img srcset="{EVIL}/a.png 1x"><picture><source srcset="{EVIL}/b.png"><img src="{EVIL}/c.png">'
    f'</picture><video poster="{EVIL}/d.png" src="{EVIL}/e.mp4" autoplay></video>',
}
FOOT = (
    "<p>{{ sender.legal_name }} {{ sender.postal_address }} {{ sender.contact_address }}</p>"
    "<a href='{{ unsubscribe_url }}'>Unsubscribe</a>"
)


@dataclass(slots=True)
class Evil:
    """Somebody who waits for visitors; a connection is enough, whatever is asked for over it."""

    server: socket.socket
    visits: list[str] = field(default_factory=list)

    @property
    def address(self) -> str:
        """As a hostile body writes it."""
        return f"{EVIL}:{self.server.getsockname()[1]}"

    def wait(self) -> None:
        """Counts until the socket is closed."""
        while True:
            try:
                visitor, peer = self.server.accept()
            except OSError:
                return
            self.visits.append(str(peer))
            visitor.close()


@pytest.fixture(scope="module")
def evil() -> Iterator[Evil]:
    """One for all bodies."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        waiting = Evil(server)
        thread = threading.Thread(target=waiting.wait, name="evil")
        thread.start()
        yield waiting
        server.shutdown(socket.SHUT_RDWR)
        thread.join(5)


@pytest.fixture
def context(site: Site) -> Iterator[BrowserContext]:
    """The owner's browser."""
    with site.open(Look(), site.world.owner) as context:
        yield context


def watch(context: BrowserContext) -> tuple[Page, list[str]]:
    """A page, and the dialogs that scripts open in it."""
    did: list[str] = []
    page = context.new_page()
    context.on("dialog", lambda dialog: (did.append(dialog.message), dialog.dismiss()))
    return page, did


@pytest.mark.parametrize("kind", BODIES)
def test_the_preview_runs_no_script_and_asks_nobody(
    site: Site, context: BrowserContext, evil: Evil, kind: str
) -> None:
    body = BODIES[kind].replace(EVIL, evil.address)
    html = f"<html><head></head><body>{body}{FOOT}</body></html>"
    campaign_id = site.world.draft(name=kind, markup=Campaign.Markup.HTML, html_source=html)
    page, did = watch(context)
    page.goto(site.campaign(campaign_id, "preview/"), wait_until="load")
    page.wait_for_load_state("networkidle")
    for frame in page.frames[1:]:
        press(page, frame.locator("button, a:has-text('Press')").first)
        assert not frame.is_detached()
        assert "evil" not in frame.url
    assert did == []
    assert evil.visits == []
    assert page.evaluate("window.pwned") is None
    assert len(context.pages) == 1


def press(page: Page, target: object) -> None:
    """A click on what invites to it, where there is something."""
    try:
        target.click(timeout=300)  # type: ignore[attr-defined]
    except Error:
        return
    page.wait_for_load_state("networkidle")


def test_the_one_who_counts_does_notice_visitors(context: BrowserContext, evil: Evil) -> None:
    page = context.new_page()
    with pytest.raises(Error):
        page.goto(evil.address)
    assert evil.visits
    evil.visits.clear()


def test_names_and_replies_are_shown_as_text(site: Site, context: BrowserContext) -> None:
    page, did = watch(context)
    page.goto(site.page_of("sending"))
    expect(page.locator(".reply", has_text=HOSTILE)).to_be_visible()
    campaign_id = site.world.draft(name=f"Name {HOSTILE}", subject=f"Subject {HOSTILE}")
    for address in (site.campaign(campaign_id), site.at("campaigns/"), site.at()):
        page.goto(address)
        expect(page.get_by_text(f"Name {HOSTILE}").first).to_be_visible()
        assert page.locator("img[src='x']").count() == 0
    page.goto(site.campaign(campaign_id, "review/"))
    for box in page.get_by_label("I have checked").all():
        box.check()
    page.get_by_role("button", name="Send now").click()
    expect(page.get_by_role("dialog")).to_contain_text(f"Subject {HOSTILE}")
    assert did == []
