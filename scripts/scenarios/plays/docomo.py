"""docomo: sessions stay below the carrier's RCPT count, refused recipients included."""

from scripts.scenarios.cast import people, send_one, tenants
from scripts.scenarios.ledger import addresses, attempts, outcomes
from scripts.scenarios.plays.play import Play
from scripts.scenarios.product import Product
from scripts.scenarios.report import Report

COUNT = 500
#: Of the shipped table; the carrier's own limit is 100.
OURS, THEIRS = 50, 100


def act(product: Product, report: Report) -> None:
    """500 addresses, a tenth unknown at RCPT, a twentieth filtered after DATA."""
    (tenant,) = tenants(product, "alpha")
    send_one(product, tenant, people("keitai", COUNT, "docomo.test"))
    product.settle(report, seconds=130)
    closed = product.sink.sessions(event="closed")
    asked = [line["recipients"] for line in closed]
    report.at_most("most RCPT commands in one session", max(asked, default=0), OURS)
    report.claim(
        "sessions that came near the carrier's limit",
        f"{sum(n >= OURS // 2 for n in asked)} of {len(asked)}",
        holds=max(asked, default=0) >= OURS // 2,
    )
    report.equal(f"sessions ended by 554 for more than {THEIRS}", len(product.sink.refused(rule="limit")), 0)
    found = attempts(product)
    unknown = {line["rcpt"] for line in product.sink.refused(rule="unknown")}
    filtered = {line["rcpt"] for line in product.sink.refused(rule="filtered")}
    report.equal(
        '"550 Unknown user" at RCPT is an unknown address',
        len(addresses(found, category="recipient_unknown") & unknown),
        len(unknown),
    )
    report.equal(
        "the same words after DATA are a filter",
        len(addresses(found, category="recipient_refused") & filtered),
        len(filtered),
    )
    report.equal("delivered", outcomes(found)["delivered"], COUNT - len(unknown | filtered))


PLAY = Play(about="at most 100 RCPT commands a session; unknown at RCPT, filtered at DATA", act=act)
