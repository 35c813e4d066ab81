"""Rows about what stands in the queue: held back before, kept alive by a snapshot, a million."""

import statistics
from typing import Any

import psycopg

from scripts.bench import claims, million, relay
from scripts.bench.destinations import SUSPENDED
from scripts.bench.report import Line
from scripts.bench.result import Result
from scripts.bench.session import Bench


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


def _claimed(row: str, found: claims.Claims, result: Result, bench: Bench) -> dict[str, Any]:
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
        "million.written_seconds": many.written_seconds,
        "million.sent": many.sent,
        "million.messages_per_second": many.rate,
        "million.worker_mb": many.worker_mb,
        "million.launch_ms_per_message": many.launch_ms,
        "million.slice_ms_per_message": many.slice_ms,
        "million.cost_ms_at_10k": few.message_ms,
        "million.cost_ratio_to_10k": many.message_ms / few.message_ms,
    }
