"""Gmail's 421-4.7.28 exists for an address, a signing domain and the domain of a link: each slows its own."""

from collections.abc import Sequence

from scripts.scenarios.cast import Draft, Mailing, people, send, tenants
from scripts.scenarios.ledger import Policy, attempts, outcomes, policies
from scripts.scenarios.plays.play import Play
from scripts.scenarios.product import Product
from scripts.scenarios.report import Report
from scripts.scenarios.sink import Line, rate

DOMAIN = "gmail.test"
COUNT = 350
ADDRESS, OTHER = "127.30.0.1", "127.30.0.2"
RISKY = "pictures.risky.test"


def act_signer(product: Product, report: Report) -> None:
    """A's signing domain is slowed; B speaks from the same address."""
    alpha, beta = tenants(product, "alpha", "beta")
    slowed, neighbour = _send_beside(product, Draft(tenant=alpha, emails=()), Draft(tenant=beta, emails=()))
    fired = _fired(product, report, "google-rate-signer")
    report.equal("the rule is about A's domain alone", {policy.domain for policy in fired}, {alpha.domain})
    _compare(product, report, fired[0], slowed, {"B, on the same address": neighbour})


def act_link(product: Product, report: Report) -> None:
    """One of A's two campaigns shows a picture from a domain that Gmail limits."""
    alpha, beta = tenants(product, "alpha", "beta")
    drafts = (
        Draft(tenant=alpha, emails=(), pictures=RISKY),
        Draft(tenant=alpha, emails=()),
        Draft(tenant=beta, emails=()),
    )
    slowed, other, neighbour = _send_beside(product, *drafts)
    fired = _fired(product, report, "google-rate-link")
    report.equal(
        "the rule is about this campaign alone", {policy.campaign for policy in fired}, {slowed.campaign}
    )
    _compare(product, report, fired[0], slowed, {"A's other campaign": other, "B": neighbour})


def act_address(product: Product, report: Report) -> None:
    """One of two addresses is limited: all who speak from it slow down, and stay."""
    alpha, beta = tenants(product, "alpha", "beta")
    _send_beside(product, Draft(tenant=alpha, emails=()), Draft(tenant=beta, emails=()))
    fired = _fired(product, report, "google-rate-address")
    report.equal("the rule is about this address alone", {policy.source for policy in fired}, {ADDRESS})
    product.settle(report, seconds=120)
    received, refused = product.sink.received(), product.sink.refused(rule="address")
    first = fired[0]
    for name in ("alpha", "beta"):
        own = [line for line in received if line["mail_from"].endswith(f"news.{name}.test")]
        here = [line for line in own if line["client"] == ADDRESS]
        before, during = _rates(here, first)
        report.at_most(
            f"{name} on this address: share of its rate while slowed", during / (before or 1), 0.35
        )
        there = [line for line in own if line["client"] == OTHER]
        report.claim(
            f"{name} on the other address meanwhile", f"{_rates(there, first)[1]:.1f}/s", holds=bool(there)
        )
    waited = {line["mail_from"] for line in refused}
    moved = [line for line in received if line["mail_from"] in waited and line["client"] != ADDRESS]
    report.equal("messages that were refused here and appeared on the other address", len(moved), 0)
    _ended(product, report)


def _send_beside(product: Product, *drafts: Draft) -> list[Mailing]:
    """Everybody sends as much at the same time, each to people of its own."""
    given = [
        Draft(tenant=one.tenant, emails=people(f"p{at}x", COUNT, DOMAIN), pictures=one.pictures)
        for at, one in enumerate(drafts)
    ]
    return send(product, given)


def _fired(product: Product, report: Report, rule: str) -> list[Policy]:
    found = product.wait(lambda: policies(product, rule=rule), seconds=90, what=f"{rule} fires")
    first = found[0]
    end = f"{(first.until or 0) - first.since:.0f} s"
    report.claim(
        "learned", f"{first.rule}: {first.action}={first.value} for {end}", holds=first.until is not None
    )
    report.claim("with the reply as evidence", first.evidence[:70], holds="4.7.28" in first.evidence)
    product.settle(report, seconds=120)
    return policies(product, rule=rule)


def _rates(taken: Sequence[Line], policy: Policy) -> tuple[float, float]:
    """Messages a second from the first one to the policy, and while it held at first."""
    if not taken:
        return 0.0, 0.0
    end = policy.until or policy.since
    return rate(taken, taken[0]["time"], policy.since), rate(taken, policy.since + 0.5, end)


def _compare(
    product: Product, report: Report, policy: Policy, slowed: Mailing, others: dict[str, Mailing]
) -> None:
    received = product.sink.received()

    def of(mailing: Mailing) -> tuple[float, float]:
        mine = set(mailing.emails)
        return _rates([line for line in received if line["rcpt"] in mine], policy)

    before, during = of(slowed)
    report.claim("A's messages/s before and while slowed", f"{before:.1f}, {during:.1f}", holds=before > 0)
    report.at_most("share of its rate that A keeps", during / (before or 1), 0.35)
    for name, mailing in others.items():
        before, during = of(mailing)
        report.at_least(f"share of its rate that is kept by {name}", during / (before or 1), 0.95)
    _ended(product, report)


def _ended(product: Product, report: Report) -> None:
    """Recovered: nothing holds any more, and everything came through."""
    report.equal("policies that still hold at the end", sum(one.holds for one in policies(product)), 0)
    ends = outcomes(attempts(product))
    report.equal("delivered of all", ends["delivered"], sum(ends.values()))


_ONE_ADDRESS = {"RELAY_EGRESS": f"shared:{ADDRESS}:mx1.relay.test"}
SIGNER = Play(about="421-4.7.28 for A's DKIM domain", act=act_signer, settings=_ONE_ADDRESS)
LINK = Play(about="421-4.7.28 for a domain in A's links", act=act_link, settings=_ONE_ADDRESS)
IP = Play(about="421-4.7.28 for one of our two addresses", act=act_address)
