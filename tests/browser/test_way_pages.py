"""The way of a message and the reports about domains: each page once in each look."""

import pytest

from tests.browser.site import Look, Site
from tests.browser.stops import Open, Stop, opened, visit, visits

__all__ = ["opened"]

STOPS: tuple[Stop, ...] = (
    Stop(name="message-way", address=lambda site: site.at(f"messages/{site.word}/")),
    Stop(name="message-analyst", address=lambda site: site.at(f"messages/{site.word}/"), who="analyst"),
    Stop(
        name="message-shared", address=lambda site: f"{site.web}/explain/{site.world.ways.message}/", who=""
    ),
    Stop(name="message-share-unknown", address=lambda site: f"{site.web}/explain/nonsense/", who=""),
    Stop(name="dmarc", address=lambda site: site.at(f"domains/{site.world.ways.domain}/dmarc/")),
    *(
        Stop(
            name=f"domain-hosts-{host}",
            address=lambda site, host=host: site.at(
                f"domains/{site.world.assets.waiting}/hosts/?host={host}"
            ),
        )
        for host in ("onamae", "route53")
    ),
    Stop(
        name="domain-hosts-shared",
        address=lambda site: f"{site.web}/dns/{site.world.assets.share}/hosts/?host=cloudflare",
        who="",
    ),
    Stop(
        name="domain-report",
        address=lambda site: f"{site.web}/tools/domain-report/?domain=hinode.test",
        who="",
    ),
    Stop(name="domain-report-form", address=lambda site: f"{site.web}/tools/domain-report/", who=""),
    Stop(
        name="domain-report-refused", address=lambda site: f"{site.web}/tools/domain-report/?domain=x", who=""
    ),
    Stop(
        name="dmarc-empty", address=lambda site: site.at(f"domains/{site.world.assets.waiting}/dmarc/?days=7")
    ),
)


@pytest.mark.parametrize(("stop", "look"), visits(STOPS))
def test_a_visit_finds_nothing_to_complain_about(site: Site, opened: Open, stop: Stop, look: Look) -> None:
    visit(site, opened, stop, look)
