"""What the visits of this folder have in common: a stop on the way, who sees it how, and the visit itself."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page

from tests.browser.site import Look, Site
from tests.browser.visit import Watch

Address = Callable[[Site], str]
Open = Callable[[Look, str], Page]
#: Names of stops that show another state of a page.
STATES = re.compile(
    r"-(empty|no-match|none|analyst|refused|unknown|gone|other|archived|put-away|paused|waiting|cancelled|failed"
    r"|faulty|phone|text|running|days|done|envelope|verdicts|source)$"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """A page on the way: its name, its address, who looks, and what they do there first."""

    name: str
    address: Address
    who: str = "owner"
    act: Callable[[Page], None] | None = None
    #: What is done there only leads on to the page.
    leads: bool = False

    @property
    def is_state(self) -> bool:
        """Whether the page itself is another stop."""
        return (self.act is not None and not self.leads) or STATES.search(self.name) is not None


def visits(stops: Iterable[Stop]) -> list[Any]:
    """Each page in Japanese on a phone and in English on a desk; its other states on the phone alone, where
    words and room are the tightest. With SCREENS=all everything in every look."""
    return [
        pytest.param(stop, look, id=f"{stop.name}-{look}")
        for stop in stops
        for look in Look.of_the_tests(once=stop.is_state)
    ]


@pytest.fixture(scope="module")
def opened(site: Site) -> Iterator[Open]:
    """`opened(look, who)` gives one tab for each look and person: files are fetched once, and a new tab with
    its processes costs the browser more than a visit."""
    pages: dict[tuple[Look, str], Page] = {}

    def opened(look: Look, who: str) -> Page:
        if (look, who) not in pages:
            pages[look, who] = site.open(look, getattr(site.world, who) if who else None).new_page()
        return pages[look, who]

    yield opened
    for page in pages.values():
        page.context.close()


def visit(site: Site, opened: Open, stop: Stop, look: Look) -> None:
    """Goes there, does what the stop says, and fails with everything that is wrong."""
    hosts = frozenset(urlsplit(one).netloc for one in (site.web, site.mailboxes, site.unsubscribe()))
    watch = Watch(opened(look, stop.who), hosts, rest=f"{site.web}/healthz")
    try:
        watch.page.goto(stop.address(site))
        if stop.act:
            stop.act(watch.page)
        watch.check(stop.name, look)
    finally:
        watch.leave()
