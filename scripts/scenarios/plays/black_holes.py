"""2,000 domains whose networks swallow every packet, beside one that works."""

from scripts.scenarios.cast import Draft, send, tenants
from scripts.scenarios.ledger import attempts
from scripts.scenarios.plays.play import Play
from scripts.scenarios.plays.steady import limit, pace
from scripts.scenarios.product import Product
from scripts.scenarios.report import Report

DOMAINS = 2_000
COUNT = 600


def act(product: Product, report: Report) -> None:
    """The pace of the steady domain alone, and with one message for each black hole in the queue before."""
    alpha, beta = tenants(product, "alpha", "beta")
    limit(product, alpha)
    pace(product, alpha, name="warm", count=100, seconds=60)
    alone = pace(product, alpha, name="alone", count=COUNT, seconds=60)
    holes = [f"who@hole{number}.test" for number in range(1, DOMAINS + 1)]
    send(product, [Draft(tenant=beta, emails=holes)])
    product.wait(
        lambda: int(product.value("select count(*) from delivery_queueentry where run_id is not null")),
        seconds=30,
        what="the first black hole is tried",
    )
    beside = pace(product, alpha, name="beside", count=COUNT, seconds=90)
    report.claim("messages/s of the steady domain alone", f"{alone:.1f}", holds=alone > 0)
    report.at_least("share of that beside 2,000 black holes", beside / alone, 0.9)
    report.claim("black holes still in the queue then", product.open, holds=product.open > DOMAINS // 2)
    wrong = [one for one in attempts(product) if "hole" in one.rcpt and one.state == "bounced"]
    report.equal("bounced because nobody answered", len(wrong), 0)


PLAY = Play(about="domains that swallow every packet slow nobody else", act=act)
