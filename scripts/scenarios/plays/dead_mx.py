"""Dead mail exchangers: the next one is tried, and who has none alive waits without stopping the others."""

from scripts.scenarios.cast import Draft, people, send, tenants
from scripts.scenarios.ledger import addresses, attempts
from scripts.scenarios.plays.play import Play
from scripts.scenarios.product import Product
from scripts.scenarios.report import Report
from scripts.scenarios.sink import domain

COUNT = 200


def act(product: Product, report: Report) -> None:
    """Three domains: the first MX drops packets; all MX refuse connections; everything is well."""
    (tenant,) = tenants(product, "alpha")
    half, none, well = (people("who", COUNT, name) for name in ("half-dead.test", "dead.test", "alive.test"))
    mailings = send(product, [Draft(tenant=tenant, emails=emails) for emails in (half, none, well)])
    product.wait(lambda: len(product.sink.received()) >= 2 * COUNT, seconds=90, what="who can be reached is")
    received = product.sink.received()
    taken = {
        name: [line for line in received if domain(line) == name] for name in ("half-dead.test", "alive.test")
    }
    report.equal(
        "taken by the second MX of the domain whose first is dead", len(taken["half-dead.test"]), COUNT
    )
    report.equal(
        "of these by the host that lives",
        sum(line["host"] == "mx2.half-dead.test" for line in taken["half-dead.test"]),
        COUNT,
    )
    report.equal("taken where everything is well", len(taken["alive.test"]), COUNT)
    last = max((line["time"] for line in taken["alive.test"]), default=0.0) - mailings[2].launched
    report.at_most("seconds until its last one", last, 30)
    found = [one for one in attempts(product) if one.rcpt.endswith("@dead.test")]
    report.at_most("attempts at the dead domain meanwhile", len(found), COUNT // 2)
    other = [one for one in found if one.category != "network_temp"]
    report.equal("of these that are no matter of the network", len(other), 0)
    ended = addresses(found, state="bounced") | addresses(found, state="failed")
    report.equal("addresses of the dead domain that bounced or failed", len(ended), 0)


PLAY = Play(about="the next MX takes over; a domain without a living one stops nobody", act=act)
