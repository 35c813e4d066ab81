"""Our own column: a campaign from its launch to the last acceptance, and what it cost."""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from relay_saas.embedded.supervisor import Child
from scripts.bench import checks, cost, parcel, signature
from scripts.bench.destinations import DOMAINS
from scripts.bench.result import Result
from scripts.bench.sink import Sink, receiving
from scripts.bench.stand import BenchFailed, Stand

#: Slower than this a row is broken, not slow: messages per second.
_SLOWEST: Final = 20
_START_SECONDS: Final = 60.0
#: The algorithms on each message, from the top: the tenant's two, and with them the installation's own.
BOTH: Final = ("rsa-sha256", "ed25519-sha256")
WITH_PLATFORM: Final = (*BOTH, "rsa-sha256")
#: Starts a receiver: called with the stand and `keep`.
Receiver = Callable[..., AbstractContextManager[Sink]]


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


def draft(
    stand: Stand, who: dict[str, str], *, name: str, count: int, to: Sequence[str] = DOMAINS
) -> Campaign:
    """A campaign to `count` contacts, spread over the domains `to`; contacts are shared by all campaigns."""
    made = stand.stage("campaign", **who, name=name, count=count, to=list(to))
    return Campaign(**who, id=made["campaign"], count=count)


def measure(
    stand: Stand,
    campaign: Campaign,
    *,
    receiver: Receiver = receiving,
    mails: Path | None = None,
    profile: Path | None = None,
    port: int | None = None,
    before: Campaign | None = None,
    warm: Campaign | None = None,
    signatures: Sequence[str] = BOTH,
    settings: Mapping[str, str] = MappingProxyType({}),
) -> Result:
    """Launches the campaign to a receiver of its own and asserts the duties.

    With `mails` the receiver keeps every mail: all signatures are verified, and the parcel is written there.
    `port` is where the workers connect, if not to the receiver itself. `before` is launched first, outside
    of what is measured; `warm` is even delivered, so that no worker's start is in the row.
    """
    with receiver(stand, keep=mails is not None) as sink:
        signed_before = signature.measure()
        told = {"RELAY_SMTP_PORT": str(port or sink.port), **settings}
        with stand.workers(told, profile=profile) as workers:
            if before is not None:
                _write(stand, before)
            if warm is not None:
                _deliver(stand, warm, sink, warm.count)
            warmed = sink.accepted
            meter, busy = meter_of(stand, workers, sink), cost.Busy()
            with cost.Memory(workers[0].record.pid).watched() as memory:
                began, first, last = _deliver(stand, campaign, sink, warmed + campaign.count)
                memory.look()
            cpu = meter.spent()
            foreign = busy.foreign_share(sum(cpu.values()))
        _duties(stand, campaign, sink.accepted - warmed)
        verified = 0 if mails is None else _read(stand, campaign, sink, mails, signatures)
    return Result(
        count=campaign.count,
        seconds=last - began,
        first_seconds=first - began,
        cpu=cpu,
        signature=signature.mean(signed_before, signature.measure()),
        worker_mb=memory.most_mb,
        foreign=foreign,
        signatures=signatures,
        verified=verified,
    )


def _read(stand: Stand, campaign: Campaign, sink: Sink, mails: Path, signatures: Sequence[str]) -> int:
    """Verifies the signatures of every kept mail, writes the parcel; the number of mails verified."""
    verified = checks.signed(sink.kept(), dns=stand.dns, expected=campaign.count, algorithms=signatures)
    parcel.write(mails, sink.kept())
    return verified


def meter_of(stand: Stand, workers: Sequence[Child], sink: Sink) -> cost.Meter:
    """CPU of our processes and of the receiver, from now on."""
    return cost.Meter(
        {
            "postgres": [stand.supervisor.children["postgres"].record.pid],
            "valkey": [stand.supervisor.children["valkey"].record.pid],
            "delivery": [workers[0].record.pid],
            "others": [child.record.pid for child in workers[1:]],
            "sink": [sink.child.record.pid],
        }
    )


def _write(stand: Stand, campaign: Campaign) -> None:
    """Launches a campaign and waits until its messages are written."""
    stand.stage("launch", tenant=campaign.tenant, campaign=campaign.id)
    deadline = time.monotonic() + _START_SECONDS + campaign.count / _SLOWEST
    while checks.counts(stand.owner, campaign.tenant, campaign.id).queued != campaign.count:
        if time.monotonic() > deadline:
            raise BenchFailed(f"{campaign.count:,} messages were not written in time")
        stand.supervisor.pause()


def _duties(stand: Stand, campaign: Campaign, accepted: int) -> None:
    checks.forced_policies(stand.owner)
    found = checks.counts(stand.owner, campaign.tenant, campaign.id)
    checks.agree(found, sent=campaign.count, at_the_sink=accepted)
    checks.explained(stand.owner, campaign.tenant, campaign.id)


def _deliver(stand: Stand, campaign: Campaign, sink: Sink, count: int) -> tuple[float, float, float]:
    """Launches it; when that was, and when the sink had its first message and the last of `count`."""
    before = sink.accepted
    began = stand.stage("launch", tenant=campaign.tenant, campaign=campaign.id)["began"]
    first, last = _all_accepted(stand, sink, before, count)
    _all_recorded(stand, campaign)
    return began, first, last


def _all_accepted(stand: Stand, sink: Sink, before: int, count: int) -> tuple[float, float]:
    """When the first and the last message had been accepted, on the machine's monotonic clock."""
    deadline = time.monotonic() + _START_SECONDS + count / _SLOWEST
    first = 0.0
    while (accepted := sink.accepted) < count:
        if accepted > before and not first:
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
