"""The rows of the bench, in their order; each adds its lines and figures."""

import statistics
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

import psycopg

from relay_saas.embedded.supervisor import Program
from scripts.bench import claims, million, parcel, relay, signature, yardstick
from scripts.bench.destinations import SUSPENDED
from scripts.bench.relay import Campaign
from scripts.bench.report import Line
from scripts.bench.sink import free_port, receiving, receiving_tls
from scripts.bench.stand import BenchFailed, Stand

#: Mails of the yardstick that are verified before its clock runs.
_FEW: Final = 200
#: Where nothing but the path is to be the limit: connections to a provider from one address.
_RAISED: Final = {"max_connections": "250", "start_connections": "250"}


@dataclass(slots=True, kw_only=True)
class Bench:
    """One run: its stand, its sizes, and what it has found so far."""

    stand: Stand
    who: dict[str, str]
    count: int
    held: int
    audience: int
    slice_seconds: float
    profile: Path | None = None
    lines: list[Line] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)
    #: The mails of the verified row, for the yardstick.
    mails: Path | None = None
    _drafts: int = 0

    def draft(self, count: int, **options: Any) -> Campaign:
        """A fresh campaign."""
        self._drafts += 1
        return relay.draft(self.stand, self.who, name=f"letter {self._drafts}", count=count, **options)

    def note(self, name: str, result: relay.Result) -> None:
        """Our row in the table; the largest worker so far."""
        self.lines.append(
            Line(
                name=name,
                count=result.count,
                rate=result.rate,
                cpu_ms=result.ours_ms,
                unsigned_ms=result.without_signatures_ms,
                foreign=result.foreign,
            )
        )
        self.worker(result.worker_mb)

    def worker(self, mb: float) -> None:
        """A worker was as large as this."""
        self.figures["memory.worker_mb"] = max(mb, self.figures.get("memory.worker_mb", 0.0))


def relay_row(bench: Bench) -> None:
    """The product with its shipped defaults, to a receiver that only counts."""
    result = relay.measure(bench.stand, bench.draft(bench.count), profile=bench.profile)
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


def starttls_row(bench: Bench) -> None:
    """Every session encrypted, to a receiver of our own."""
    campaign = bench.draft(bench.count)
    result = relay.measure(bench.stand, campaign, receiver=receiving_tls)
    clear = bench.stand.owner.execute(
        "select count(*) from delivery_attempt where tenant_id = %s and campaign_id = %s and tls is not true",
        [campaign.tenant, campaign.id],
    ).fetchone()
    if clear != (0,):
        raise BenchFailed(f"messages that went in clear: {clear}")
    bench.note("relay, STARTTLS", result)
    bench.figures["starttls.messages_per_second"] = result.rate


def latency_row(bench: Bench) -> None:
    """100 ms of network between worker and receiver, and none, by the same path and with the same limits."""
    rates = {}
    with _raised_limits(bench.stand):
        for label, delay in (("0 ms", 0), ("100 ms", 50)):
            with _path(bench.stand, delay) as (near, far):
                receiver = partial(receiving, port=far)
                campaign = bench.draft(bench.count)
                result = relay.measure(bench.stand, campaign, receiver=receiver, port=near)
            bench.note(f"relay, path of {label}, raised limits", result)
            rates[delay] = result.rate
    bench.figures |= {
        "latency.rate_ratio_at_100ms": rates[50] / rates[0],
        "latency.messages_per_second_at_100ms": rates[50],
        "latency.messages_per_second_at_0ms": rates[0],
    }


@contextmanager
def _raised_limits(stand: Stand) -> Iterator[None]:
    """An operator's overrides for everything."""
    for setting, value in _RAISED.items():
        stand.owner.execute(
            "insert into delivery_shapingoverride (setting, value, reason, set_by) values (%s, %s, %s, %s)",
            [setting, value, "bench", "bench"],
        )
    try:
        yield
    finally:
        stand.owner.execute("delete from delivery_shapingoverride")


@contextmanager
def _path(stand: Stand, delay: int) -> Iterator[tuple[int, int]]:
    """The proxy's port and the receiver's, with so many milliseconds each way between them."""
    near, far = free_port(), free_port()
    argv = (sys.executable, "-m", "scripts.bench.delay", str(near), str(far), str(delay))
    child = stand.supervisor.spawn(Program(name="delay", argv=argv, stage=2))
    try:
        yield near, far
    finally:
        stand.stop(child)


def suspended_row(bench: Bench) -> None:
    """As the relay row, with 300,000 messages of a suspended domain that were due before."""
    stand = bench.stand
    relay.measure(stand, bench.draft(1, to=[SUSPENDED]))
    stand.stage("suspend", domain=SUSPENDED)
    held, campaign = bench.draft(bench.held, to=[SUSPENDED]), bench.draft(bench.count)
    with claims.logged(stand) as found:
        result = relay.measure(stand, campaign, before=held)
    bench.note(f"relay, {bench.held:,} held back before", result)
    bench.figures |= {"suspended.messages": bench.held, **_claimed("suspended", found, result, bench)}


def snapshot_row(bench: Bench) -> None:
    """As the relay row, with a snapshot held open that keeps every dead row alive."""
    with (
        psycopg.connect(bench.stand.environment["DATABASE_OWNER_URL"]) as holder,
        claims.logged(bench.stand) as found,
    ):
        holder.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        holder.execute("select count(*) from delivery_queueentry")
        result = relay.measure(bench.stand, bench.draft(bench.count))
        holder.rollback()
    bench.note("relay, a snapshot held open", result)
    bench.figures |= _claimed("snapshot", found, result, bench)


def _claimed(row: str, found: claims.Claims, result: relay.Result, bench: Bench) -> dict[str, Any]:
    figures: dict[str, Any] = {
        f"{row}.claims": len(found.ms),
        f"{row}.claim_p95_ms": found.quantile(0.95),
        f"{row}.claim_median_ms": statistics.median(found.ms) if found.ms else 0.0,
        f"{row}.messages_per_second": result.rate,
    }
    if "relay.messages_per_second" in bench.figures:
        figures[f"{row}.rate_ratio"] = result.rate / bench.figures["relay.messages_per_second"]
    return figures


def million_row(bench: Bench) -> None:
    """A campaign of 1,000,000 and one of 10,000 before it, by the same measure."""
    small = bench.draft(max(1, bench.audience // 100))
    few = million.measure(bench.stand, small, most=small.count, seconds=bench.slice_seconds)
    large = bench.draft(bench.audience)
    many = million.measure(bench.stand, large, most=3 * small.count, seconds=bench.slice_seconds)
    for result in (few, many):
        bench.lines.append(
            Line(
                name=f"campaign of {result.audience:,}, {result.sent:,} sent",
                count=result.audience,
                rate=result.rate,
                cpu_ms=result.message_ms,
                foreign=result.foreign,
            )
        )
        bench.worker(result.worker_mb)
    bench.figures |= {
        "million.audience": many.audience,
        "million.launch_seconds": many.launch_seconds,
        "million.sent": many.sent,
        "million.messages_per_second": many.rate,
        "million.worker_mb": many.worker_mb,
        "million.launch_ms_per_message": many.launch_ms,
        "million.slice_ms_per_message": many.slice_ms,
        "million.cost_ms_at_10k": few.message_ms,
        "million.cost_ratio_to_10k": many.message_ms / few.message_ms,
    }


ROWS: Final[dict[str, Callable[[Bench], None]]] = {
    "relay": relay_row,
    "verified": verified_row,
    "postfix": postfix_row,
    "starttls": starttls_row,
    "latency": latency_row,
    "suspended": suspended_row,
    "snapshot": snapshot_row,
    "million": million_row,
}
