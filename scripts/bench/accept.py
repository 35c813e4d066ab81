"""From the first byte of a request, or of DATA, to the end of that message's data at the receiver.

On a system that is awake (it has sent something a moment before), on one that sleeps (no queue run lives),
and beside a campaign of 1,000,000.
"""

import random
import time
import uuid
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from scripts.bench import doors
from scripts.bench.destinations import DOMAINS
from scripts.bench.doors import Door
from scripts.bench.report import Line
from scripts.bench.session import Bench
from scripts.bench.sink import Sink, receiving_tls
from scripts.bench.stand import BenchFailed, Stand

#: Messages of each door: awake, asleep, beside the campaign; and those of a trial.
_COUNTS: Final = {"awake": 200, "asleep": 15, "beside": 100}
_TRIAL: Final = {"awake": 20, "asleep": 3, "beside": 5}
_WHOLE: Final = 1_000_000
#: Seconds between two messages by chance, so that no look of a run keeps step with them.
_PAUSE: Final = 0.5
_LONGEST: Final = 60.0
_LAUNCH_SECONDS: Final = 300.0
_RUNS: Final = "select count(*) from delivery_queuerun where closed_at is null"


@dataclass(slots=True, kw_only=True)
class _Clock:
    """What was handed in, and when the receiver had it."""

    stand: Stand
    times: Path
    doors: Mapping[str, Door]
    #: Milliseconds by door and state, to the receiver and to our own answer.
    wire: dict[tuple[str, str], list[float]] = field(default_factory=lambda: defaultdict(list))
    answer: dict[tuple[str, str], list[float]] = field(default_factory=lambda: defaultdict(list))
    _seen: dict[str, float] = field(default_factory=dict)
    _number: int = 0

    def one(self, door: str, state: str) -> None:
        """One message; returns when it is there."""
        self._number += 1
        name = uuid.uuid4().hex
        to = f"person{self._number}@{DOMAINS[self._number % len(DOMAINS)]}"
        began, answered = self.doors[door].send(name, to)
        self.wire[door, state].append(1000 * (self._arrival(name) - began))
        self.answer[door, state].append(1000 * (answered - began))

    def _arrival(self, name: str) -> float:
        deadline = time.monotonic() + _LONGEST
        while name not in self._seen:
            if time.monotonic() > deadline:
                raise BenchFailed(f"a message was not at the receiver after {_LONGEST:.0f} s")
            time.sleep(0.002)
            if self.times.exists():
                lines = self.times.read_text().splitlines(keepends=True)
                self._seen |= {
                    line.split()[0]: float(line.split()[1]) for line in lines if line.endswith("\n")
                }
        return self._seen[name]


def accept_row(bench: Bench) -> None:
    """Both doors in turn, one message after the other."""
    counts = _COUNTS if bench.audience >= _WHOLE else _TRIAL
    stand = bench.stand
    times = stand.supervisor.data.root / "arrivals"
    with (
        receiving_tls(stand, times=times) as sink,
        stand.workers({"RELAY_SMTP_PORT": str(sink.port)}),
        stand.web({}, "submission"),
    ):
        open_doors: dict[str, Door] = {
            "api": doors.Api(stand, bench.who),
            "smtp": doors.Submission(stand, bench.who),
        }
        clock = _Clock(stand=stand, times=times, doors=open_doors)
        for _ in DOMAINS:
            clock.one("api", "first")
        _in_turn(clock, "awake", counts["awake"])
        for _ in range(counts["asleep"]):
            for door in clock.doors:
                _fall_asleep(stand)
                clock.one(door, "asleep")
        _beside(bench, clock, sink, counts["beside"])
        for one in open_doors.values():
            one.close()
    _tell(bench, clock)


def _in_turn(clock: _Clock, state: str, count: int) -> None:
    for _ in range(count):
        for door in clock.doors:
            time.sleep(random.uniform(0, _PAUSE))
            clock.one(door, state)


def _fall_asleep(stand: Stand) -> None:
    """Until no queue run lives, and a moment longer."""
    deadline = time.monotonic() + _LAUNCH_SECONDS
    while stand.owner.execute(_RUNS).fetchall()[0][0]:
        if time.monotonic() > deadline:
            raise BenchFailed("queue runs do not end on an idle system")
        time.sleep(0.05)
    time.sleep(1 + random.uniform(0, 2))


def _beside(bench: Bench, clock: _Clock, sink: Sink, count: int) -> None:
    campaign = bench.draft(bench.audience)
    before = sink.accepted
    began = bench.stand.stage("launch", tenant=campaign.tenant, campaign=campaign.id)["began"]
    while sink.accepted == before:
        if time.monotonic() - began > _LAUNCH_SECONDS:
            raise BenchFailed("the campaign did not begin in time")
        bench.stand.supervisor.pause()
    for door in clock.doors.values():
        door.reopen()
    first, at = sink.accepted, time.monotonic()
    _in_turn(clock, "beside", count)
    sent, seconds = sink.accepted - first, time.monotonic() - at
    if sink.accepted - before >= campaign.count:
        raise BenchFailed("the campaign had ended before the last message was handed in")
    bench.figures |= {
        "accept.campaign_audience": campaign.count,
        "accept.campaign_messages_per_second": sent / seconds,
    }


def _tell(bench: Bench, clock: _Clock) -> None:
    for (door, state), found in clock.wire.items():
        name = f"accept.{door}_{state}"
        answers = clock.answer[door, state]
        bench.figures |= {
            f"{name}_p50_ms": _quantile(found, 0.5),
            f"{name}_p95_ms": _quantile(found, 0.95),
            f"{name}_max_ms": max(found),
            f"{name}_answer_p50_ms": _quantile(answers, 0.5),
        }
        bench.lines.append(
            Line(
                name=f"accept to wire, {door}, {state}",
                count=len(found),
                rate=1000 * len(found) / sum(found),
                cpu_ms=0.0,
            )
        )


def _quantile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
