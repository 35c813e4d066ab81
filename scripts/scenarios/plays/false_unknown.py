"""A provider whose servers call everybody unknown for a while: nobody believes it, and its work is undone."""

import time

from scripts.scenarios.cast import Draft, people, send, tenants
from scripts.scenarios.ledger import attempts, outcomes, policies
from scripts.scenarios.plays.play import Play
from scripts.scenarios.product import Product
from scripts.scenarios.report import Report

TENANTS, EACH = 4, 350
DOMAIN, PROVIDER = "trusted.test", "trusted-mail.test"
PER_MINUTE = 1_200
#: What had been claimed when the guard came round.
UNDER_WAY = 40
HOLDS = (
    "select rule, tenants, share, since, extract(epoch from created_at)::float from delivery_suppressionhold"
)
SUPPRESSED = "select count(*) from campaigns_suppression where reason = 'bounced'"


def act(product: Product, report: Report) -> None:
    """Four organizations are sending when every address becomes unknown."""
    cast = tenants(product, *(f"list{number}" for number in range(TENANTS)))
    send(product, [Draft(tenant=cast[0], emails=people("pilot", 1, DOMAIN))])
    product.wait(product.sink.received, seconds=40, what="the provider is known")
    product.manage(
        *(
            "policy",
            "limit",
            "rate_per_minute",
            str(PER_MINUTE),
            "--provider",
            PROVIDER,
            "--reason",
            "a known pace",
        )
    )
    send(product, [Draft(tenant=one, emails=people(f"t{at}x", EACH, DOMAIN)) for at, one in enumerate(cast)])
    rule, concerned, share, since, held = product.wait(
        lambda: product.rows(HOLDS), seconds=90, what="the guard notices"
    )[0]
    wrong = product.sink.refused(rule="broken")
    report.at_most("seconds from the first wrong reply to the hold", held - wrong[0]["time"], 25)
    report.claim(
        "what was noticed", f"{rule}, {share:.0%} at {concerned} organizations", holds=concerned >= 3
    )
    _stopped(product, report, held)
    report.at_least("wrongly suppressed until then", suppressed := product.value(SUPPRESSED), 1)
    said = product.manage(
        "suppressions", "undo", "--rule", rule, "--provider", PROVIDER, "--from", since.isoformat()
    )
    report.claim("undone by one command", said.strip(), holds=str(suppressed) in said)
    report.equal("suppressed after that", product.value(SUPPRESSED), 0)
    _resume(product, report)


def _stopped(product: Product, report: Report, held: float) -> None:
    """Nobody else is suppressed and nothing is tried."""
    time.sleep(8)
    suspended = [one for one in policies(product) if one.action == "suspend" and one.provider == PROVIDER]
    report.equal("suspensions of the provider", len(suspended), 1)
    late = [line for line in product.sink.refused(rule="broken") if line["time"] > held + 2]
    report.equal("messages tried later than 2 s after that", len(late), 0)
    after = product.value(f"{SUPPRESSED} and created_at > to_timestamp(%s)", held)
    report.at_most("suppressed after the hold", after, UNDER_WAY)
    report.claim("messages that wait instead", product.open, holds=product.open > 0)


def _resume(product: Product, report: Report) -> None:
    """The operator lifts the suspension once the provider is well again."""
    number = product.value(
        "select id from delivery_policystate where action = 'suspend' and ended_at is null"
    )
    product.manage("policy", "lift", str(number))
    product.settle(report, seconds=100)
    ends = outcomes(attempts(product))
    report.equal(
        "delivered of those that were not told they are unknown",
        ends["delivered"],
        sum(ends.values()) - ends["bounced"],
    )


PLAY = Play(about="a provider-wide false 5.1.1", act=act)
