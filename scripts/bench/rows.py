"""The rows of the bench, in their order: ours, ours verified, Postfix, and the others."""

from collections.abc import Callable
from typing import Final

from scripts.bench import (
    accept,
    api,
    backlog,
    hooks,
    pages,
    parcel,
    relay,
    signature,
    submission,
    wire,
    yardstick,
)
from scripts.bench.report import Line
from scripts.bench.session import Bench
from scripts.bench.stand import BenchFailed

#: Mails that go through before a column's clock runs; those of the yardstick are verified.
_FEW: Final = 200


def relay_row(bench: Bench) -> None:
    """The product with its shipped defaults, to a receiver that only counts."""
    warm = bench.draft(min(_FEW, bench.count))
    result = relay.measure(bench.stand, bench.draft(bench.count), warm=warm, profile=bench.profile)
    bench.note("relay", result)
    per_message = {name: 1000 * seconds / result.count for name, seconds in result.cpu.items()}
    bench.figures |= {
        "relay.messages": result.count,
        "relay.messages_per_second": result.rate,
        "relay.first_acceptance_seconds": result.first_seconds,
        "relay.cpu_ms_per_message": result.ours_ms,
        "relay.cpu_ms_per_message_without_signatures": result.without_signatures_ms,
        "relay.rsa2048_ms": result.signature.rsa2048_ms,
        "relay.rsa2048_ms_plain": signature.plain_rsa2048_ms(),
        "relay.ed25519_ms": result.signature.ed25519_ms,
        **{f"relay.cpu_ms_{name}": value for name, value in per_message.items()},
    }


def verified_row(bench: Bench) -> None:
    """The same to a receiver that keeps every mail; all signatures are verified by dkimpy."""
    mails = bench.stand.supervisor.data.root / "mails"
    result = relay.measure(bench.stand, bench.draft(bench.count), mails=mails)
    bench.mails = mails
    bench.note("relay, every mail kept and verified", result)
    bench.figures |= {
        "verified.messages": result.verified,
        "verified.messages_per_second": result.rate,
        "relay.mail_bytes": mails.stat().st_size // result.count,
    }


def postfix_row(bench: Bench) -> None:
    """The yardstick, on the mails of the verified row."""
    if bench.mails is None:
        verified_row(bench)
    if bench.mails is None:
        raise BenchFailed("there are no mails for the yardstick")
    few = bench.mails.with_name("few")
    few_count = min(_FEW, bench.count)
    parcel.copy(bench.mails, few, few_count)
    result = yardstick.measure(bench.stand, bench.mails, few, count=bench.count, few_count=few_count)
    bench.lines.append(
        Line(
            name="Postfix + OpenDKIM",
            count=result.count,
            rate=result.rate,
            cpu_ms=result.cpu_ms,
            foreign=result.foreign,
        )
    )
    bench.figures |= {
        "postfix.messages_per_second": result.rate,
        "postfix.cpu_ms_per_message": result.cpu_ms,
        "postfix.injected_seconds": result.injected_seconds,
    }
    _compare(bench, result)


def _compare(bench: Bench, result: yardstick.Result) -> None:
    """Rates, and processor time with the receiver's: the latter hardly moves where others use the machine."""
    ours = bench.figures
    if "relay.messages_per_second" in ours:
        whole = ours["relay.cpu_ms_per_message"] + ours["relay.cpu_ms_sink"]
        theirs = result.cpu_ms + 1000 * result.cpu["sink"] / result.count
        ours["relay.ratio_to_postfix_opendkim"] = ours["relay.messages_per_second"] / result.rate
        ours["relay.cpu_ratio_to_postfix_opendkim"] = theirs / whole


ROWS: Final[dict[str, Callable[[Bench], None]]] = {
    "relay": relay_row,
    "verified": verified_row,
    "postfix": postfix_row,
    "starttls": wire.starttls_row,
    "platform": wire.platform_row,
    "latency": wire.latency_row,
    "submission": submission.submission_row,
    "suspended": backlog.suspended_row,
    "snapshot": backlog.snapshot_row,
    "million": backlog.million_row,
    "webhooks": hooks.webhooks_row,
    "pages": pages.pages_row,
    "api": api.api_row,
    "accept": accept.accept_row,
}
