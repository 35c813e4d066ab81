"""au: two replies that differ by an address, and a TCP RESET instead of a reply."""

from scripts.scenarios.cast import people, send_one, tenants
from scripts.scenarios.ledger import addresses, attempts, outcomes
from scripts.scenarios.plays.play import Play
from scripts.scenarios.product import Product
from scripts.scenarios.report import Report

COUNT = 300
DOMAIN, PROVIDER = "au.test", "au"


def act(product: Product, report: Report, count: int = COUNT) -> None:
    """300 addresses: a tenth unknown, a tenth filtered, RESETs when more than 20 mails come within 10 s."""
    (tenant,) = tenants(product, "au")
    send_one(product, tenant, people("ezweb", count, DOMAIN))
    product.settle(report, seconds=120)
    found = attempts(product, DOMAIN)
    unknown = {line["rcpt"] for line in product.sink.refused(provider=PROVIDER, rule="unknown")}
    filtered = {line["rcpt"] for line in product.sink.refused(provider=PROVIDER, rule="filtered")}
    as_unknown, as_filtered = (
        addresses(found, category=name) for name in ("recipient_unknown", "recipient_refused")
    )
    report.claim(
        '"550 <address>: User unknown" is an unknown address',
        f"{len(as_unknown & unknown)} of {len(as_unknown | unknown)}",
        holds=as_unknown == unknown,
    )
    report.claim(
        '"550 : User unknown" is a filter',
        f"{len(as_filtered & filtered)} of {len(as_filtered | filtered)}",
        holds=as_filtered == filtered,
    )
    report.claim(
        "addresses of each kind", f"{len(unknown)} and {len(filtered)}", holds=bool(unknown and filtered)
    )
    suppressed = int(product.value("select count(*) from campaigns_suppression"))
    report.equal("suppressed at the first refusal by a carrier", suppressed, 0)
    resets = len(product.sink.refused(provider=PROVIDER, rule="congestion"))
    report.claim("connections reset under load", resets, holds=resets > 0)
    report.equal("in doubt", outcomes(found)["in_doubt"], 0)
    report.equal("delivered all the same", outcomes(found)["delivered"], count - len(unknown | filtered))


PLAY = Play(about='two kinds of "User unknown", and a RESET under load', act=act)
