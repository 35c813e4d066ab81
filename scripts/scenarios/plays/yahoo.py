"""Yahoo: 20 messages a connection, and TSS04 for an address whose volume was not expected."""

from scripts.scenarios.cast import people, send_one, tenants
from scripts.scenarios.ledger import attempts, outcomes, policies
from scripts.scenarios.plays.play import Play
from scripts.scenarios.product import Product
from scripts.scenarios.report import Report

COUNT = 400
RULE = "yahoo-volume-04"


def act(product: Product, report: Report) -> None:
    """400 messages; after 150 the address is deferred for a while."""
    (tenant,) = tenants(product, "alpha")
    send_one(product, tenant, people("who", COUNT, "yahoo.test"))
    first = product.wait(lambda: policies(product, rule=RULE), seconds=90, what=f"{RULE} fires")[0]
    product.settle(report, seconds=150)
    until = first.until or first.since
    report.claim(
        "learned",
        f"{first.rule}: {first.action} for {until - first.since:.0f} s",
        holds=first.action == "suspend",
    )
    refused = product.sink.refused(rule="tss04")
    report.at_most("messages that met TSS04 (connections: 10)", len(refused), 20)
    tried = [
        line for line in (*refused, *product.sink.received()) if first.since + 1.5 < line["time"] < until
    ]
    report.equal("messages tried while suspended", len(tried), 0)
    after = [line for line in product.sink.sessions() if line["event"] == "opened" and line["time"] >= until]
    early = [line for line in after if line["time"] < after[0]["time"] + 1.0]
    report.at_most("connections in the first second afterwards (10 before)", len(early), 2)
    messages = [line["messages"] for line in product.sink.sessions(event="closed")]
    report.at_most("most messages in one connection", max(messages, default=0), 20)
    report.equal(
        'times that Yahoo said "max message per connection"', len(product.sink.refused(rule="limit")), 0
    )
    report.equal("delivered in the end", outcomes(attempts(product))["delivered"], COUNT)


PLAY = Play(
    about="TSS04 and 20 messages a connection",
    act=act,
    settings={"RELAY_EGRESS": "shared:127.30.0.1:mx1.relay.test"},
)
