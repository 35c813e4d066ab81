"""Three scenarios of `make scenarios` at once: providers that defer, reset, or have words of their own."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from scripts.scenarios.plays import au, greylisting, yahoo_jp
from scripts.scenarios.product import Product, running
from scripts.scenarios.report import Report

WORLD = Path(__file__).with_name("scenarios") / "manners"
PLAYS = {
    "greylisting": partial(greylisting.act, count=150),
    "au": partial(au.act, count=80),
    "yahoo_jp": partial(yahoo_jp.act, count=80),
}


@pytest.fixture(scope="module")
def manners() -> Iterator[Product]:
    """One address for all: what one provider thinks of it must not slow the others."""
    with running(WORLD, RELAY_EGRESS="shared:127.30.0.1:mx1.relay.test") as product:
        yield product


@pytest.fixture(scope="module")
def reports(manners: Product) -> dict[str, Report]:
    """The tables, by name."""
    found = {name: Report(title=name) for name in PLAYS}
    with ThreadPoolExecutor(len(PLAYS)) as players:
        list(players.map(lambda name: PLAYS[name](manners, found[name]), PLAYS))
    for report in found.values():
        report.show(0)
    return found


@pytest.mark.parametrize("name", PLAYS)
def test_every_claim_about_a_provider_holds(reports: dict[str, Report], name: str) -> None:
    assert [row for row in reports[name].rows if not row.holds] == []
    assert reports[name].holds
