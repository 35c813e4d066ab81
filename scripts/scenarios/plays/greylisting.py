"""Greylisting by (client /24, sender, recipient): who comes back as the same one is taken on try two."""

from collections import Counter

from scripts.scenarios.cast import people, send_one, tenants
from scripts.scenarios.plays.play import Play
from scripts.scenarios.product import Product
from scripts.scenarios.report import Report

COUNT = 400


def act(product: Product, report: Report) -> None:
    """400 addresses, every one greylisted."""
    (tenant,) = tenants(product, "alpha")
    send_one(product, tenant, people("grey", COUNT, "greylisting.test"))
    product.settle(report, seconds=100)
    refused, received = product.sink.refused(), product.sink.received()
    tries = Counter(line["rcpt"] for line in (*refused, *received))
    first = {(line["rcpt"]): (line["client"], line["mail_from"]) for line in refused}
    same = sum(first.get(line["rcpt"]) == (line["client"], line["mail_from"]) for line in received)
    report.equal("addresses that were taken", len({line["rcpt"] for line in received}), COUNT)
    report.equal("of these on the second try", sum(tries[line["rcpt"]] == 2 for line in received), COUNT)
    report.equal("second tries from the same address and return path", same, COUNT)


PLAY = Play(about="every address is deferred once, by client /24, MAIL FROM and RCPT", act=act)
