"""The warm-up of two new addresses on two hosts, counted at the receiving end."""

import time
from collections import Counter

from scripts.scenarios.cast import people, send_one, tenants
from scripts.scenarios.plays.play import Play
from scripts.scenarios.product import Product
from scripts.scenarios.report import Report

STEPS = (20, 40, 60, 90, 140)
ADDRESSES = ("127.30.0.1", "127.30.1.1")
COUNT = 2 * sum(STEPS) + 200
DAY_SECONDS = 40.0
#: Longer than any retry after greylisting.
STILL_SECONDS = 10.0
#: A new day: the plan moves back by one, and what was counted today to a day of its own in the past.
NEXT_DAY = """
with moved as (
  update delivery_warmupday set day = day - 7 * %s where day = (now() at time zone 'utc')::date returning 1
)
update delivery_warmupplan set started_on = started_on - 1
"""


def act(product: Product, report: Report) -> None:
    """Five days of a plan in minutes; half of the addresses are greylisted, so that retries count as well."""
    product.add_host("second", f"shared:{ADDRESSES[1]}:mx3.relay.test", runs=1)
    known = "select count(*) from delivery_egresssource where host(address) = any(%s)"
    product.wait(
        lambda: product.value(known, list(ADDRESSES)) == len(ADDRESSES),
        seconds=60,
        what="both hosts are known",
    )
    for address in ADDRESSES:
        product.manage("egress", "warm", address, "--steps", ",".join(map(str, STEPS)))
    (tenant,) = tenants(product, "alpha")
    send_one(product, tenant, people("who", COUNT, "new.test"))
    before: Counter[str] = Counter()
    for day, step in enumerate(STEPS, 1):
        taken = _day(product, before, step)
        before.update(taken)
        most, least = (
            max(taken[address] for address in ADDRESSES),
            min(taken[address] for address in ADDRESSES),
        )
        report.at_most(f"day {day}: most accepted from one address", most, step)
        report.at_least(f"day {day}: least accepted from one address", least, 0.9 * step)
        product.owner.execute(NEXT_DAY, [day])
    refused = len(product.sink.refused(rule="greylist"))
    report.claim("greylisted and tried again meanwhile", refused, holds=refused > 0)
    report.notes.append("a day ends when its step is used up: the plan and its counts then move back by one")


def _day(product: Product, before: Counter[str], step: int) -> Counter[str]:
    """What was accepted by address since `before`, once the step is used up or nothing moves any more."""
    deadline = time.monotonic() + DAY_SECONDS
    moved, last = time.monotonic(), -1
    while time.monotonic() < deadline and time.monotonic() - moved < STILL_SECONDS:
        taken = Counter(line["client"] for line in product.sink.received())
        taken.subtract(before)
        if taken.total() != last:
            moved, last = time.monotonic(), taken.total()
        if all(taken[address] >= step for address in ADDRESSES):
            # One more look, in which too many would show.
            time.sleep(2)
            break
        time.sleep(0.3)
    taken = Counter(line["client"] for line in product.sink.received())
    taken.subtract(before)
    return taken


PLAY = Play(
    about="a plan of five days for two new addresses, retries included",
    act=act,
    settings={"RELAY_EGRESS": f"shared:{ADDRESSES[0]}:mx1.relay.test"},
)
