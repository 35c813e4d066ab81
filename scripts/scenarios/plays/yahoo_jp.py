"""Yahoo! JAPAN: a 553 that is no bounce but a limit of the rate."""

from scripts.scenarios.cast import people, send_one, tenants
from scripts.scenarios.ledger import addresses, attempts, outcomes, policies
from scripts.scenarios.plays.play import Play
from scripts.scenarios.product import Product
from scripts.scenarios.report import Report

COUNT = 250
DOMAIN, PROVIDER = "yahoo-jp.test", "yahoo-jp"
RULE = "yahoo-japan-deferred"


def act(product: Product, report: Report, count: int = COUNT) -> None:
    """250 messages; after 100 everything is answered by 553 for a while."""
    (tenant,) = tenants(product, "japan")
    send_one(product, tenant, people("japan", count, DOMAIN))
    first = product.wait(lambda: policies(product, rule=RULE), seconds=60, what=f"{RULE} fires")[0]
    product.settle(report, seconds=120)
    until = first.until or first.since
    report.claim(
        "learned",
        f"{first.rule}: {first.action} for {until - first.since:.0f} s",
        holds=first.action == "suspend",
    )
    refused = product.sink.refused(provider=PROVIDER, rule="vs98")
    report.claim("messages answered by 553", len(refused), holds=bool(refused))
    found = attempts(product, DOMAIN)
    limited = addresses(found, category="rate_limited")
    report.equal(
        "of these taken for a limit of the rate",
        len(limited & {line["rcpt"] for line in refused}),
        len({line["rcpt"] for line in refused}),
    )
    report.equal("bounced", len(addresses(found, state="bounced")), 0)
    report.equal("suppressed", int(product.value("select count(*) from campaigns_suppression")), 0)
    report.equal("delivered in the end", outcomes(found)["delivered"], count)


PLAY = Play(
    about="553 VS98-IP0 is a limit of the rate",
    act=act,
    settings={"RELAY_EGRESS": "shared:127.30.0.1:mx1.relay.test"},
)
