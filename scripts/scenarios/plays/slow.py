"""A domain that answers the final dot after 20 s (in the world: a minute), beside one that works."""

from scripts.scenarios.cast import Draft, people, send, tenants
from scripts.scenarios.ledger import attempts, outcomes
from scripts.scenarios.plays.play import Play
from scripts.scenarios.plays.steady import limit, pace
from scripts.scenarios.product import Product
from scripts.scenarios.report import Report

COUNT = 400
SLOW = 300


def act(product: Product, report: Report) -> None:
    """The pace of the steady domain alone, and with 300 messages for the slow one in the queue before."""
    alpha, beta = tenants(product, "alpha", "beta")
    limit(product, alpha)
    pace(product, alpha, name="warm", count=100, seconds=60)
    alone = pace(product, alpha, name="alone", count=COUNT, seconds=60)
    send(product, [Draft(tenant=beta, emails=people("late", SLOW, "slow.test"))])
    product.wait(
        lambda: product.sink.sessions(provider="slow"), seconds=30, what="the slow domain is reached"
    )
    beside = pace(product, alpha, name="beside", count=COUNT, seconds=90)
    report.claim("messages/s of the steady domain alone", f"{alone:.1f}", holds=alone > 0)
    report.at_least("share of that beside the slow domain", beside / alone, 0.9)
    taken = len(product.sink.received(provider="slow"))
    report.claim("taken by the slow domain meanwhile", taken, holds=taken > 0)
    report.equal("in doubt", outcomes(attempts(product))["in_doubt"], 0)
    report.notes.append("20 s stand for 60 s: the queue is longer than the scenario either way")


PLAY = Play(about="a domain that answers after 20 s slows nobody else", act=act)
