"""The way of a message and the reports about domains: each page once in each look."""

from urllib.parse import urlsplit

import pytest

from tests.browser.site import Look, Site
from tests.browser.test_pages import Open, Stop, opened
from tests.browser.visit import Watch

__all__ = ["opened"]

STOPS: tuple[Stop, ...] = (
    Stop(name="message-way", address=lambda site: site.at(f"messages/{site.word}/")),
    Stop(name="message-analyst", address=lambda site: site.at(f"messages/{site.word}/"), who="analyst"),
    Stop(
        name="message-shared", address=lambda site: f"{site.web}/explain/{site.world.ways.message}/", who=""
    ),
    Stop(name="message-share-unknown", address=lambda site: f"{site.web}/explain/nonsense/", who=""),
)


@pytest.mark.parametrize("look", Look.of_the_tests(), ids=str)
@pytest.mark.parametrize("stop", STOPS, ids=lambda stop: stop.name)
def test_a_visit_finds_nothing_to_complain_about(site: Site, opened: Open, look: Look, stop: Stop) -> None:
    hosts = frozenset(urlsplit(one).netloc for one in (site.web, site.mailboxes, site.unsubscribe()))
    watch = Watch(opened(look, stop.who), hosts)
    try:
        watch.page.goto(stop.address(site))
        watch.check(stop.name, look)
    finally:
        watch.page.close()
