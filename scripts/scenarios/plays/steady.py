"""A provider of a known pace, against which others are measured."""

from collections.abc import Sequence

from scripts.scenarios.cast import Draft, Tenant, people, send
from scripts.scenarios.product import Product
from scripts.scenarios.sink import Line, rate

DOMAIN = "steady.test"
PROVIDER = "steady-mail.test"


#: Few enough that the connections, and not the machine, set the pace.
CONNECTIONS = 5


def limit(product: Product, tenant: Tenant) -> None:
    """Makes the provider known and limits it to so many connections of each address."""
    send(product, [Draft(tenant=tenant, emails=people("pilot", 1, DOMAIN))])
    product.wait(lambda: product.sink.received(provider="steady"), seconds=40, what="the pilot")
    told = ("connections", str(CONNECTIONS), "--provider", PROVIDER, "--reason", "a known pace")
    product.manage("policy", "limit", *told)


def pace(product: Product, tenant: Tenant, *, name: str, count: int, seconds: float) -> float:
    """Messages a second that the steady provider takes of a campaign, between its first and last tenth."""
    send(product, [Draft(tenant=tenant, emails=people(name, count, DOMAIN))])

    def taken() -> Sequence[Line]:
        found = [line for line in product.sink.received(provider="steady") if line["rcpt"].startswith(name)]
        return found if len(found) >= 0.92 * count else ()

    found = product.wait(taken, seconds=seconds, what=f"{count} messages at {DOMAIN}")
    begin, end = found[count // 10]["time"], found[count * 9 // 10]["time"]
    return rate(found, begin, end)
