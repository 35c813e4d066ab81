"""One campaign to 2,000 people, from the file to the last reaction: the run that the tests look at."""

import os
import shutil
import sys
import time
from dataclasses import dataclass
from typing import Any

import pytest

from scripts.accounting.witness import Copy
from scripts.product_run.accounting import account
from scripts.product_run.campaigns import Marketer, People, demo_rows, import_people, settle
from scripts.product_run.ledger import Books
from scripts.product_run.product import Product
from scripts.product_run.receivers import Receivers
from tests.e2e.worlds import SCENARIOS
from tests.integration.waiting import until

AUDIENCE = 2_000
BY_OPENDKIM = 200
SETTLE_SECONDS = 120.0
JUDGE_SECONDS = 120.0
REACT_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What came of it."""

    people: People
    rows: tuple[dict[str, str], ...]
    books: Books
    #: The accounting program's report, signatures included.
    report: dict[str, Any]
    #: What the receivers took for this campaign.
    copies: tuple[Copy, ...]


def carry_out(product: Product, marketer: Marketer, receivers: Receivers) -> Run:
    """Imports, launches, waits for the end and for the reactions, lets the accounting judge."""
    clock = Clock()
    rows = demo_rows(0, AUDIENCE)
    people = import_people(product, "News", rows)
    clock.say("imported")
    books = marketer.send(product, people)
    clock.say("launched")
    settle(books, seconds=SETTLE_SECONDS)
    clock.say(f"settled ({books.first_attempts_took():.1f} s from the launch to the last first attempt)")
    copies = tuple(receivers.copies())
    expected = receivers.expected_reactions(SCENARIOS / "whole")
    until(lambda: expected <= receivers.reacted(), seconds=REACT_SECONDS, what="every reaction")
    clock.say("reacted")
    until(lambda: len(receivers.verdicts()) == len(copies), seconds=JUDGE_SECONDS, what="every verdict")
    clock.say("judged by the receivers")
    dns = product.environment["RELAY_DNS"]
    options = ("--dns", dns, "--verify", "-1", "--opendkim", str(BY_OPENDKIM))
    report = account(product, people, books, *options)
    clock.say("accounted for")
    return Run(people=people, rows=tuple(rows), books=books, report=report, copies=copies)


class Clock:
    """Says how long each stage took."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def say(self, stage: str) -> None:
        """One line."""
        now = time.monotonic()
        sys.stdout.write(f"{stage}: {now - self._last:.1f} s\n")
        self._last = now


def need_opendkim() -> None:
    """Skips where OpenDKIM is missing, unless it has to be there."""
    if shutil.which("opendkim"):
        return
    if os.environ.get("REQUIRE_OPENDKIM"):
        pytest.fail("opendkim is missing, and REQUIRE_OPENDKIM is set")
    pytest.skip("opendkim is not installed: .ci/run installs opendkim-tools")
