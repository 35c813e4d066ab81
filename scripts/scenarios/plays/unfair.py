"""One big tenant and fifty small ones, all to one provider that is limited to 10 messages a second."""

from statistics import median

from scripts.scenarios.cast import Draft, people, send, tenants
from scripts.scenarios.plays.play import Play
from scripts.scenarios.product import Product
from scripts.scenarios.report import Report
from scripts.scenarios.sink import rate, sender

SMALL, EACH, BIG = 50, 100, 20_000
LIMIT = 10
DOMAIN, PROVIDER = "narrow.test", "narrow-mail.test"


def act(product: Product, report: Report) -> None:
    """The big one has been sending for a while when all the small ones press the button."""
    big, *small = tenants(product, "big", *(f"small{number}" for number in range(SMALL)))
    send(product, [Draft(tenant=big, emails=people("pilot", 1, DOMAIN))])
    product.wait(product.sink.received, seconds=30, what="the provider is known")
    product.manage(
        *("policy", "limit", "rate_per_minute", str(LIMIT * 60), "--provider", PROVIDER, "--reason", "narrow")
    )
    send(product, [Draft(tenant=big, emails=people("crowd", BIG, DOMAIN))])
    product.wait(
        lambda: len(product.sink.received()) > 3 * LIMIT, seconds=60, what="the big one is on its way"
    )
    drafts = [Draft(tenant=one, emails=people(f"s{at}", EACH, DOMAIN)) for at, one in enumerate(small)]
    mailings = send(product, drafts)
    begin = mailings[-1].launched
    product.wait(lambda: product.sink.received()[-1]["time"] > begin + 30, seconds=60, what="30 s of all")
    received = product.sink.received()
    waits = []
    for mailing in mailings:
        first = [line["time"] for line in received if sender(line) == mailing.tenant.domain]
        waits.append(first[0] - mailing.launched if first else float("inf"))
    report.at_most("seconds to the slowest small tenant's first message", max(waits), 15)
    report.claim("median of these", f"{median(waits):.1f} s", holds=median(waits) <= 15)
    report.at_most("messages/s at the provider", rate(received, begin, begin + 30), LIMIT * 1.1)
    report.at_least("the limit is used", rate(received, begin, begin + 30), LIMIT * 0.8)
    report.notes.append(
        f"the big one has {BIG:,} (in the world 1,000,000); the run ends before the queue does"
    )


PLAY = Play(about="one tenant with 20,000 beside 50 with 100, at 10 messages a second", act=act)
