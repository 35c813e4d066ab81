"""The quick profile of the faults: 500 recipients each, accounting as promised, journals as witness."""

import os
import random
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis

from scripts.product_run.accounting import account, assert_kept, write_stopped
from scripts.product_run.campaigns import Marketer, People, demo_rows, import_people, settle, write_campaign
from scripts.product_run.killing import kill
from scripts.product_run.ledger import Books
from scripts.product_run.product import Product
from scripts.product_run.receivers import Receivers
from scripts.product_run.web_killing import CONNECTIONS, judge, kill_web, posters
from tests.integration.waiting import until

SCENARIO = "faults"
SETTINGS = {"RELAY_LEASE_SECONDS": "9"}
#: FAULT_SEED repeats a run; each test says it.
SEED = int(os.environ.get("FAULT_SEED") or time.time())
AUDIENCE = 500
#: Each with at least one message past DATA.
KILLS = ("child", "parent", "group", "child")
CLICKS = 20
#: Of the web server, while mail is posted.
WEB_KILLS = 5
DELIBERATE, STEADY = "deliberate.test", "steady.test"
#: From the last fault to the end, with nobody's help.
RECOVERY_SECONDS = 90.0
#: What is stopped may still be on its way for so long.
GRACE = 5.0
IN_DOUBT = 8


@pytest.fixture(scope="module")
def deliberate(product: Product) -> People:
    """500 people whose provider thinks for long before it answers the final dot."""
    return import_people(product, "Deliberate", demo_rows(0, AUDIENCE, domain=DELIBERATE))


@pytest.fixture(scope="module")
def steady(product: Product) -> People:
    """500 people of a provider of middling speed."""
    return import_people(product, "Steady", demo_rows(AUDIENCE, AUDIENCE, domain=STEADY))


@pytest.fixture(autouse=True)
def _told(request: pytest.FixtureRequest) -> None:
    sys.stdout.write(f"{request.node.name}, seed {SEED}\n")


def in_flight(books: Books, share: float) -> None:
    """Waits until that share of a campaign is delivered, and no more than a part of it."""
    enough = share * AUDIENCE
    until(lambda: books.counters().get("delivered", 0) >= enough, seconds=45, what=f"{share:.0%} delivered")
    assert books.open > 0


def assert_all_delivered(product: Product, people: People, books: Books) -> None:
    report = account(product, people, books)
    assert_kept(report)
    assert report["in_doubt"] == report["duplicate_explained"] == report["open"] == 0
    assert report["states"] == {"delivered": AUDIENCE}


def test_killed_workers_lose_nothing_and_leave_in_doubt_only_what_was_cut(
    product: Product, marketer: Marketer, deliberate: People
) -> None:
    chance = random.Random(SEED)
    books = marketer.send(product, deliberate)
    cut: set[str] = set()
    for whom in KILLS:
        killed = kill(product, whom, dots=chance.randint(1, 8), seconds=45)
        assert killed.cut, "void: nothing was cut"
        cut |= killed.cut
    began = time.monotonic()
    settle(books, seconds=RECOVERY_SECONDS)
    sys.stdout.write(f"  over {time.monotonic() - began:.1f} s after the last kill\n")
    report = account(product, deliberate, books)
    assert_kept(report)
    assert books.in_state(IN_DOUBT) == cut
    assert report["states"] == {"delivered": AUDIENCE - len(cut), "in_doubt": len(cut)}
    assert report["duplicate_explained"] == 0


def test_a_flushed_valkey_costs_nothing(product: Product, marketer: Marketer, steady: People) -> None:
    books = marketer.send(product, steady)
    in_flight(books, 0.3)
    with redis.Redis.from_url(product.environment["REDIS_URL"]) as valkey:
        assert valkey.flushall()
    settle(books, seconds=RECOVERY_SECONDS)
    assert_all_delivered(product, steady, books)


def test_twenty_parallel_launches_write_one_ledger(
    product: Product, marketer: Marketer, steady: People
) -> None:
    books = write_campaign(product, steady)
    with ThreadPoolExecutor(CLICKS) as clicks:
        answers = list(clicks.map(lambda _click: marketer.press("launch", books), range(CLICKS)))
    assert len(answers) == CLICKS
    settle(books, seconds=RECOVERY_SECONDS)
    launches = books.value("select count(*) from delivery_launch where campaign_id = %s", books.campaign)
    assert (launches, books.written, books.audience) == (1, AUDIENCE, AUDIENCE)
    assert_all_delivered(product, steady, books)


def test_a_pause_holds_and_a_resume_finishes(
    product: Product, marketer: Marketer, receivers: Receivers, steady: People
) -> None:
    books = marketer.send(product, steady)
    in_flight(books, 0.2)
    answered = marketer.press("pause", books)
    # So long that what was on its way is through, and that a campaign that goes on would show itself.
    until(lambda: time.time() > answered + GRACE + 2, seconds=GRACE + 10)
    assert receivers.offered_after(answered + GRACE) == []
    assert (books.state, books.open > 0) == ("paused", True)
    marketer.press("resume", books)
    settle(books, seconds=RECOVERY_SECONDS)
    assert_all_delivered(product, steady, books)


def test_a_cancelled_campaign_ends_and_its_states_add_up(
    product: Product, marketer: Marketer, receivers: Receivers, steady: People
) -> None:
    books = marketer.send(product, steady)
    in_flight(books, 0.2)
    answered = marketer.press("cancel", books)
    settle(books, seconds=RECOVERY_SECONDS)
    until(lambda: time.time() > answered + GRACE + 2, seconds=GRACE + 10)
    assert receivers.offered_after(answered + GRACE) == []
    stopped = write_stopped(product.data.root, dict.fromkeys(steady.addresses, answered))
    report = account(product, steady, books, "--stopped", str(stopped))
    assert_kept(report)
    assert report["in_doubt"] == 0
    assert report["states"]["cancelled"] > 0
    assert sum(report["states"].values()) == AUDIENCE


def test_a_stopped_worker_leaves_nothing_in_doubt(
    product: Product, marketer: Marketer, receivers: Receivers, steady: People
) -> None:
    books = marketer.send(product, steady)
    in_flight(books, 0.2)
    worker = product.process("delivery")
    worker.popen.send_signal(signal.SIGTERM)
    answered = time.time()
    until(lambda: worker.status is not None, seconds=45, what="the end of the worker")
    sys.stdout.write(f"  the worker ended {time.time() - answered:.1f} s after TERM\n")
    assert receivers.offered_after(answered + 3) == []
    assert books.open > 0
    product.respawn("delivery")
    settle(books, seconds=RECOVERY_SECONDS)
    assert_all_delivered(product, steady, books)


def test_a_web_server_killed_in_post_loses_nothing_that_it_answered(product: Product) -> None:
    chance = random.Random(SEED)
    clients = posters(product, domain=STEADY)
    clients.start(CONNECTIONS)
    try:
        hits = sum(kill_web(product, clients, chance) for _ in range(WEB_KILLS))
    finally:
        clients.stop()
    assert hits, "void: no request was cut"
    posted = judge(product, clients)
    assert clients.refused == []
    assert posted.faults == {}
    assert posted.answered
