"""What comes back after the 250: late bounces in each provider's shape, complaints, answers of machines."""

import time
from collections import Counter

from scripts.scenarios.cast import people, send_one, tenants
from scripts.scenarios.ledger import attempts, outcomes
from scripts.scenarios.plays.play import Play
from scripts.scenarios.product import Product
from scripts.scenarios.report import Report
from scripts.scenarios.sink import Line

NAMES = ("gmail", "yahoo", "outlook", "icloud", "docomo", "au", "softbank", "yahoo-jp")
COUNT = 400
#: So long nobody writes any more.
STILL_SECONDS = 8.0


def act(product: Product, report: Report) -> None:
    """400 people at eight providers: a fifth bounces late; of the rest a fifth complains, a tenth is away."""
    (tenant,) = tenants(product, "alpha")
    send_one(product, tenant, people("who", COUNT, *(f"{name}.test" for name in NAMES)))
    product.settle(report, seconds=100)
    letters = _all_written(product)
    kinds = {
        kind: {line["rcpt"] for line in letters if line["action"] == kind}
        for kind in ("bounced", "complained", "answered")
    }
    report.claim(
        "letters", ", ".join(f"{kind} {len(who)}" for kind, who in kinds.items()), holds=all(kinds.values())
    )
    refused = Counter(
        f"{line['action']} at {line['provider']}: {line['status']}"
        for line in letters
        if line["status"] != 250
    )
    report.claim("letters that the relay refused", dict(refused) or 0, holds=not refused)
    bounced = {one.rcpt for one in attempts(product) if one.state == "bounced"}
    missing = Counter(
        line["provider"] for line in letters if line["action"] == "bounced" and line["rcpt"] not in bounced
    )
    report.claim(
        "late bounces that the ledger has",
        f"{len(bounced & kinds['bounced'])} of {len(kinds['bounced'])}"
        + (f", missing {dict(missing)}" if missing else ""),
        holds=bounced == kinds["bounced"],
    )
    report.equal("delivered by the counters", _delivered(product), COUNT - len(bounced))
    report.equal("delivered by the attempts", outcomes(attempts(product))["delivered"], COUNT - len(bounced))
    complained = {
        who
        for (who,) in product.rows("select email_key from campaigns_suppression where reason = 'complained'")
    }
    report.claim(
        "complaints that stopped marketing",
        f"{len(complained & kinds['complained'])} of {len(kinds['complained'])}",
        holds=complained == kinds["complained"],
    )
    stopped = {who for (who,) in product.rows("select email_key from campaigns_suppression")}
    away = kinds["answered"] - kinds["complained"]
    report.equal("people away who were bounced or stopped", len(away & (stopped | bounced)), 0)


def _delivered(product: Product) -> int:
    return int(product.value("select coalesce(sum(n), 0) from delivery_counter where state = 1"))


def _all_written(product: Product) -> list[Line]:
    """Every letter, once nobody has written for a while."""
    since, known = time.monotonic(), -1
    while time.monotonic() - since < STILL_SECONDS:
        letters = [line for line in product.sink.reactions() if line["method"] == "SMTP"]
        if len(letters) != known:
            since, known = time.monotonic(), len(letters)
        time.sleep(0.5)
    return letters


PLAY = Play(about="late bounces, complaints and answers of machines at eight providers", act=act)
