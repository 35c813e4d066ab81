"""Our own column: a campaign from its launch to the last acceptance, and what it cost."""

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from scripts.bench import checks, cost, letter, parcel, signature
from scripts.bench.sink import Sink, receiving
from scripts.bench.stand import BenchFailed, Stand

#: Slower than this a row is broken, not slow: messages per second.
_SLOWEST: Final = 20
_START_SECONDS: Final = 60.0
_OURS: Final = ("postgres", "valkey", "workers")


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One run of our column."""

    count: int
    #: From the launch request to the last acceptance at the sink.
    seconds: float
    first_seconds: float
    #: CPU seconds by group: postgres, valkey, workers, sink.
    cpu: dict[str, float]
    signature: signature.SignatureCost
    worker_mb: float
    #: Share of the machine that processes outside of the bench took meanwhile.
    foreign: float
    verified: int = 0
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        """Messages per second."""
        return self.count / self.seconds

    @property
    def ours_ms(self) -> float:
        """CPU milliseconds per message over PostgreSQL, Valkey and all workers; the sink is not ours."""
        return 1000 * sum(self.cpu[name] for name in _OURS) / self.count

    @property
    def without_signatures_ms(self) -> float:
        """The same without both signatures."""
        return self.ours_ms - self.signature.both_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """A draft whose list is written."""

    tenant: str
    domain: str
    id: int
    count: int


def tenant(stand: Stand) -> dict[str, str]:
    """The organization of all rows: `tenant` and `domain`; raises BenchFailed if it cannot be verified."""
    made = stand.stage("tenant", slug="bench")
    if made.pop("state") != "verified":
        raise BenchFailed(f"{made['domain']} could not be verified")
    return made


def draft(stand: Stand, who: dict[str, str], *, name: str, first: int, count: int) -> Campaign:
    """A campaign to `count` contacts, numbered from `first`."""
    made = stand.stage("campaign", **who, name=name, first=first, count=count, to=letter.ALL_DOMAINS)
    return Campaign(**who, id=made["campaign"], count=count)


def measure(
    stand: Stand,
    campaign: Campaign,
    *,
    mails: Path | None = None,
    profile: Path | None = None,
    **settings: str,
) -> Result:
    """Launches the campaign to a receiver of its own and asserts the duties.

    With `mails` the receiver keeps every mail: all signatures are verified, and the parcel is written there.
    """
    with receiving(stand, keep=mails is not None) as sink:
        before = signature.measure()
        told = {"RELAY_SMTP_PORT": str(sink.port), **settings}
        with stand.workers(profile=profile, **told) as workers:
            meter = cost.Meter(
                {
                    "postgres": [stand.supervisor.children["postgres"].record.pid],
                    "valkey": [stand.supervisor.children["valkey"].record.pid],
                    "workers": [child.record.pid for child in workers],
                    "sink": [sink.child.record.pid],
                }
            )
            busy = cost.Busy()
            with cost.Memory(workers[0].record.pid).watched() as memory:
                began = stand.stage("launch", tenant=campaign.tenant, campaign=campaign.id)["began"]
                first, last = _all_accepted(stand, sink, campaign.count)
                _all_recorded(stand, campaign)
                memory.look()
            cpu = meter.spent()
            foreign = busy.foreign_share(sum(cpu.values()))
        checks.forced_policies(stand.owner)
        checks.agree(
            checks.counts(stand.owner, campaign.tenant, campaign.id),
            sent=campaign.count,
            at_the_sink=sink.accepted,
        )
        checks.explained(stand.owner, campaign.tenant, campaign.id)
        verified = 0
        if mails is not None:
            verified = checks.signed(sink.kept(), dns=stand.dns, expected=campaign.count)
            parcel.write(mails, sink.kept())
    return Result(
        count=campaign.count,
        seconds=last - began,
        first_seconds=first - began,
        cpu=cpu,
        signature=signature.mean(before, signature.measure()),
        worker_mb=memory.most_mb,
        foreign=foreign,
        verified=verified,
    )


def _all_accepted(stand: Stand, sink: Sink, count: int) -> tuple[float, float]:
    """When the first and the last message had been accepted, on the machine's monotonic clock."""
    deadline = time.monotonic() + _START_SECONDS + count / _SLOWEST
    first = 0.0
    while (accepted := sink.accepted) < count:
        if accepted and not first:
            first = time.monotonic()
        if sink.child.status is not None:
            raise BenchFailed(f"the sink ended with status {sink.child.status}; see {sink.log}")
        if time.monotonic() > deadline:
            raise BenchFailed(f"{accepted:,} of {count:,} were accepted when the time had run out")
        stand.supervisor.pause()
    last = time.monotonic()
    return first or last, last


def _all_recorded(stand: Stand, campaign: Campaign) -> None:
    """Until the ledger has every outcome: their cost belongs to the row."""
    deadline = time.monotonic() + _START_SECONDS
    while checks.counts(stand.owner, campaign.tenant, campaign.id).queued:
        if time.monotonic() > deadline:
            raise BenchFailed("outcomes were not written in time")
        time.sleep(0.1)
