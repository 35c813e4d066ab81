"""Five connections, counted at the receiving end: two hosts, four workers, kills and a flush."""

import os
import random
import time
from signal import SIGKILL

import psutil
import redis

from scripts.scenarios.cast import people, send_one, tenants
from scripts.scenarios.plays.play import Play
from scripts.scenarios.product import Product
from scripts.scenarios.report import Report
from scripts.scenarios.sink import Line, most_at_once, share_of_time

LIMIT = 5
COUNT = 6_000
SETTLE_SECONDS, QUIET_SECONDS = 8.0, 25.0
KILLS, PAUSE = 20, 2.0


def by_source(line: Line) -> tuple[str, str]:
    """What the limit counts by."""
    return line["client"], line["provider"]


def act(product: Product, report: Report) -> None:
    """Undisturbed for a while, then 20 kills of children and a flush of Valkey."""
    product.add_host("second", "shared:127.30.1.1:mx3.relay.test", runs=2)
    (tenant,) = tenants(product, "alpha")
    send_one(product, tenant, people("who", COUNT, "outlook.test"))
    product.wait(
        lambda: len(most_at_once(product.sink.sessions(), by_source)) == 2, seconds=60, what="both hosts send"
    )
    time.sleep(SETTLE_SECONDS)
    begin = time.time()
    time.sleep(QUIET_SECONDS)
    quiet = share_of_time(product.sink.sessions(), by_source, least=LIMIT - 1, begin=begin, end=time.time())
    killed = _disturb(product)
    most = most_at_once(product.sink.sessions(), by_source)
    report.equal("sources that send to the provider", len(most), 2)
    report.at_most("most connections of one source at once", max(most.values()), LIMIT)
    report.equal(
        "connections that the provider refused as too many", len(product.sink.refused(rule="limit")), 0
    )
    report.at_least("share of the undisturbed time with 4 or 5 in use", quiet, 0.9)
    report.equal("children killed", killed, KILLS)
    taken = len(product.sink.received())
    report.claim("messages taken meanwhile", taken, holds=taken > 0)


def _disturb(product: Product) -> int:
    """Kills a child every two seconds; half-way Valkey loses everything. Returns the number of kills."""
    chance = random.Random(5)
    killed = 0
    for number in range(KILLS):
        victims = [pid for pid in product.senders() if psutil.pid_exists(pid)]
        if victims:
            os.kill(chance.choice(victims), SIGKILL)
            killed += 1
        if number == KILLS // 2:
            with redis.Redis.from_url(product.environment["REDIS_URL"]) as valkey:
                valkey.flushall()
        time.sleep(PAUSE)
        product.respawn_dead()
    return killed


PLAY = Play(
    about="at most 5 connections per source and provider, over hosts, workers, kills and a flush",
    act=act,
    settings={"RELAY_EGRESS": "shared:127.30.0.1:mx1.relay.test", "RELAY_LEASE_SECONDS": "5"},
)
