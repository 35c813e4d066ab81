"""The yardstick's column: the same mails through Postfix with OpenDKIM, from injection to last receipt."""

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import dkim

from relay_saas.embedded.paths import PROJECT
from scripts.bench import cost
from scripts.bench.postfix import DOMAIN, SELECTOR, Yardstick, running_yardstick
from scripts.bench.sink import Sink, free_port, receiving
from scripts.bench.stand import BenchFailed, Stand

_CONNECTIONS: Final = 10
#: Slower than this it is broken, not slow: messages per second.
_SLOWEST: Final = 15
_START_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One run of the yardstick."""

    count: int
    #: From the first injection to the last receipt.
    seconds: float
    #: From the first injection to the last acceptance by Postfix.
    injected_seconds: float
    #: CPU seconds by group: postfix, opendkim, sink.
    cpu: dict[str, float]
    foreign: float

    @property
    def rate(self) -> float:
        """Messages per second."""
        return self.count / self.seconds

    @property
    def cpu_ms(self) -> float:
        """CPU milliseconds per message of Postfix and OpenDKIM."""
        return 1000 * (self.cpu["postfix"] + self.cpu["opendkim"]) / self.count


def measure(stand: Stand, mails: Path, few: Path, *, count: int, few_count: int) -> Result:
    """Sends `few` to a sink that keeps them and verifies each signature, then `mails` against the clock."""
    port = free_port()
    with running_yardstick(stand, port) as running:
        with receiving(stand, keep=True, name="sink", port=port) as sink:
            injector = _injecting(running, few)
            _await(stand, sink, few_count)
            _told(injector)
            _verify(list(sink.kept()), running.txt, few_count)
        with receiving(stand, name="sink", port=port) as sink:
            return _timed(stand, running, sink, mails, count)


def _timed(stand: Stand, running: Yardstick, sink: Sink, mails: Path, count: int) -> Result:
    meter = cost.Meter(
        {
            "postfix": [running.master.record.pid],
            "opendkim": [running.signer.record.pid],
            "sink": [sink.child.record.pid],
        }
    )
    busy, before = cost.Busy(), _sent(running.log)
    injector = _injecting(running, mails)
    last = _await(stand, sink, count)
    told = _told(injector)
    deadline = time.monotonic() + _START_SECONDS
    while _sent(running.log) - before < count:
        if time.monotonic() > deadline:
            raise BenchFailed(f"Postfix' log has {_sent(running.log) - before:,} of {count:,} as sent")
        time.sleep(0.1)
    cpu = meter.spent()
    if sink.accepted != count:
        raise BenchFailed(f"{count:,} were injected, the sink counted {sink.accepted:,}")
    return Result(
        count=count,
        seconds=last - told["began"],
        injected_seconds=told["ended"] - told["began"],
        cpu=cpu,
        foreign=busy.foreign_share(sum(cpu.values()) + told["cpu"]),
    )


def _injecting(running: Yardstick, mails: Path) -> "subprocess.Popen[str]":
    argv = [sys.executable, "-m", "scripts.bench.inject", str(running.port), str(mails), str(_CONNECTIONS)]
    return subprocess.Popen(argv, cwd=PROJECT, stdout=subprocess.PIPE, text=True)


def _told(injector: "subprocess.Popen[str]") -> dict[str, float]:
    said, _ = injector.communicate()
    if injector.returncode != 0:
        raise BenchFailed(f"the injector ended with {injector.returncode}")
    found: dict[str, float] = json.loads(said)
    return found


def _await(stand: Stand, sink: Sink, count: int) -> float:
    deadline = time.monotonic() + _START_SECONDS + count / _SLOWEST
    while (accepted := sink.accepted) < count:
        if time.monotonic() > deadline:
            raise BenchFailed(f"Postfix delivered {accepted:,} of {count:,} when the time had run out")
        stand.supervisor.pause()
    return time.monotonic()


def _sent(log: Path) -> int:
    return log.read_bytes().count(b"status=sent") if log.exists() else 0


def _verify(mails: Sequence[bytes], txt: str, expected: int) -> None:
    """Raises BenchFailed unless each mail bears its signature and dkimpy agrees with it."""
    name = f"{SELECTOR}._domainkey.{DOMAIN}.".encode()

    def find(asked: bytes, timeout: int = 5) -> bytes | None:  # noqa: ARG001 - dkimpy's signature
        return txt.encode() if asked == name else None

    good = sum(dkim.DKIM(mail).verify(dnsfunc=find) for mail in mails)
    if good != expected:
        raise BenchFailed(f"{good} of {expected} mails of the yardstick verify")
