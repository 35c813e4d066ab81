"""Greylisting by (client /24, sender, recipient): who comes back as the same one is taken on try two."""

from collections import Counter

from scripts.scenarios.cast import people, send_one, tenants
from scripts.scenarios.plays.play import Play
from scripts.scenarios.product import Product
from scripts.scenarios.report import Report

COUNT = 400
DOMAIN, PROVIDER = "greylisting.test", "greylisting"


def act(product: Product, report: Report, count: int = COUNT) -> None:
    """400 addresses, every one greylisted."""
    (tenant,) = tenants(product, "grey")
    send_one(product, tenant, people("grey", count, DOMAIN))
    product.settle(report, seconds=100)
    refused, received = product.sink.refused(provider=PROVIDER), product.sink.received(provider=PROVIDER)
    tries = Counter(line["rcpt"] for line in (*refused, *received))
    first = {(line["rcpt"]): (line["client"], line["mail_from"]) for line in refused}
    same = sum(first.get(line["rcpt"]) == (line["client"], line["mail_from"]) for line in received)
    report.equal("addresses that were taken", len({line["rcpt"] for line in received}), count)
    report.equal("of these on the second try", sum(tries[line["rcpt"]] == 2 for line in received), count)
    report.equal("second tries from the same address and return path", same, count)


PLAY = Play(about="every address is deferred once, by client /24, MAIL FROM and RCPT", act=act)
