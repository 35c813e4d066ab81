"""Outlook: more connections than it likes are refused at the door."""

from scripts.scenarios.cast import people, send_one, tenants
from scripts.scenarios.ledger import attempts, outcomes, policies
from scripts.scenarios.plays.play import Play
from scripts.scenarios.product import Product
from scripts.scenarios.report import Report
from scripts.scenarios.sink import Line

COUNT = 500
#: By the provider; the shipped limit is 5.
ALLOWED = 2
RULE = "outlook-connections"
#: For what is under way when the rule fires: permits are reviewed every four seconds.
DRAIN_SECONDS = 6.0


def act(product: Product, report: Report) -> None:
    """Three connections are one more than it takes from an address."""
    (tenant,) = tenants(product, "alpha")
    send_one(product, tenant, people("who", COUNT, "outlook.test"))
    first = product.wait(lambda: policies(product, rule=RULE), seconds=60, what=f"{RULE} fires")[0]
    product.settle(report, seconds=150)
    until = first.until or first.since
    report.claim(
        "learned",
        f"{first.rule}: {first.action}={first.value} for {until - first.since:.0f} s",
        holds=(first.action, first.value) == ("connections", 1),
    )
    refused = product.sink.refused(rule="limit")
    begin = first.since + DRAIN_SECONDS
    report.equal(
        "refused at the door while it holds", sum(begin < line["time"] < until for line in refused), 0
    )
    report.equal("connections at once while it holds", _most(product.sink.sessions(), begin, until), 1)
    times = len(policies(product, rule=RULE))
    report.at_most("refused at the door each time that more is tried", len(refused) / times, 8)
    again = _most(product.sink.sessions(), until, until + 10)
    report.claim("more is tried again when it has ended", f"{again} at once", holds=again >= ALLOWED)
    report.equal("delivered", outcomes(attempts(product))["delivered"], COUNT)


def _most(sessions: list[Line], begin: float, end: float) -> int:
    now, most = 0, 0
    for line in sessions:
        if line["time"] >= begin:
            most = max(most, now)
        if line["time"] >= end:
            break
        now += 1 if line["event"] == "opened" else -1
    return most


PLAY = Play(
    about="a connection limit that is said at the door",
    act=act,
    settings={"RELAY_EGRESS": "shared:127.30.0.1:mx1.relay.test"},
)
