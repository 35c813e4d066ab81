"""A campaign of 1,000,000: written, begun, and a bounded slice of it sent; what a message costs then."""

import time
from dataclasses import dataclass
from typing import Final

from scripts.bench import checks, cost
from scripts.bench.relay import Campaign, meter_of
from scripts.bench.result import OURS
from scripts.bench.sink import receiving
from scripts.bench.stand import BenchFailed, Stand

_LAUNCH_SECONDS: Final = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One launch and the first part of what it sends."""

    audience: int
    #: From the launch request to the first acceptance at the sink: every row is written by then.
    launch_seconds: float
    #: Of them, until the rows stood, all but their commit.
    written_seconds: float
    sent: int
    seconds: float
    #: CPU milliseconds: of the launch by row written, and of the slice by message sent.
    launch_ms: float
    slice_ms: float
    worker_mb: float
    foreign: float

    @property
    def rate(self) -> float:
        """Messages per second in the slice."""
        return self.sent / self.seconds

    @property
    def message_ms(self) -> float:
        """What one message costs: its share of the launch, and sending it."""
        return self.launch_ms + self.slice_ms


def measure(stand: Stand, campaign: Campaign, *, most: int, seconds: float) -> Result:
    """Sends until `most` are accepted or `seconds` are over; asserts that the ledger has exactly those."""
    with receiving(stand) as sink:
        with stand.workers({"RELAY_SMTP_PORT": str(sink.port)}) as workers:
            meter, busy = meter_of(stand, workers, sink), cost.Busy()
            with cost.Memory(workers[0].record.pid).watched() as memory:
                began = stand.stage("launch", tenant=campaign.tenant, campaign=campaign.id)["began"]
                while not sink.accepted:
                    if time.monotonic() - began > _LAUNCH_SECONDS:
                        raise BenchFailed(f"nothing of {campaign.count:,} messages was sent in time")
                    stand.supervisor.pause()
                first, launched, before = time.monotonic(), meter.spent(), sink.accepted
                while sink.accepted < most and time.monotonic() - first < seconds:
                    stand.supervisor.pause()
                last, spent, accepted = time.monotonic(), meter.spent(), sink.accepted
                memory.look()
            foreign = busy.foreign_share(sum(spent.values()))
        _agrees(stand, campaign, sink.accepted)
    sent = accepted - before
    return Result(
        audience=campaign.count,
        launch_seconds=first - began,
        written_seconds=_written(stand, campaign),
        sent=sent,
        seconds=last - first,
        launch_ms=1000 * sum(launched[name] for name in OURS) / campaign.count,
        slice_ms=1000 * sum(spent[name] - launched[name] for name in OURS) / sent,
        worker_mb=memory.most_mb,
        foreign=foreign,
    )


def _written(stand: Stand, campaign: Campaign) -> float:
    row = stand.owner.execute(
        "select extract(epoch from finished_at - requested_at)::float8 from delivery_launch"
        " where tenant_id = %s and campaign_id = %s",
        [campaign.tenant, campaign.id],
    ).fetchone()
    return float(row[0]) if row else 0.0


def _agrees(stand: Stand, campaign: Campaign, accepted: int) -> None:
    """The workers have ended: what was accepted is recorded, the rest is queued, nothing else is."""
    found = checks.counts(stand.owner, campaign.tenant, campaign.id)
    expected = checks.Counts(
        messages=campaign.count,
        attempts=accepted,
        accepted=accepted,
        counter=accepted,
        rollup=accepted,
        queued=campaign.count - accepted,
    )
    if found != expected:
        raise BenchFailed(f"the sink counted {accepted:,} of {campaign.count:,}; {found}")
