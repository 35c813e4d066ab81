"""What a bench says: a table with ratios for people, and var/bench.json for programs."""

import datetime as dt
import json
import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psutil

_WIDTHS: Final = (34, 10, 12, 12, 10, 12)
_TITLES: Final = ("row", "messages", "messages/s", "x Postfix", "CPU ms", "unsigned ms")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One row of the table."""

    name: str
    count: int
    rate: float
    #: CPU milliseconds a message of the product's (or Postfix' and its signer's) processes.
    cpu_ms: float
    #: The same without the signatures; None where that is not asked.
    unsigned_ms: float | None = None
    #: Share of the machine that others took meanwhile.
    foreign: float = 0.0


def table(lines: Sequence[Line], yardstick: float | None) -> Iterator[str]:
    """The lines of the table; ratios only where Postfix was measured in the same run."""
    yield "".join(title.ljust(width) for title, width in zip(_TITLES, _WIDTHS, strict=True)) + "others"
    for line in lines:
        ratio = f"{line.rate / yardstick:.2f}" if yardstick else "-"
        unsigned = "-" if line.unsigned_ms is None else f"{line.unsigned_ms:.3f}"
        cells = (line.name, f"{line.count:,}", f"{line.rate:,.0f}", ratio, f"{line.cpu_ms:.3f}", unsigned)
        yield "".join(cell.ljust(width) for cell, width in zip(cells, _WIDTHS, strict=True)) + (
            f"{line.foreign:.0%}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A figure that was promised."""

    key: str
    bound: float
    at_least: bool

    def judge(self, value: float) -> str:
        """One line."""
        good = value >= self.bound if self.at_least else value <= self.bound
        wanted = f"{'>=' if self.at_least else '<='} {self.bound:.3f}"
        return f"{'ok  ' if good else 'MISS'} {self.key} = {value:,.3f} ({wanted})"


#: One RSA-2048 signature where 0.45 ms a message are allowed.
_REFERENCE_RSA_MS: Final = 0.66


def targets(figures: Mapping[str, Any]) -> Iterator[Target]:
    """All that can be judged of this run."""
    yield Target(key="relay.ratio_to_postfix_opendkim", bound=5.0, at_least=True)
    scale = figures.get("relay.rsa2048_ms_plain", _REFERENCE_RSA_MS) / _REFERENCE_RSA_MS
    yield Target(key="relay.cpu_ms_per_message_without_signatures", bound=0.45 * scale, at_least=False)
    yield Target(key="submission.ratio_to_postfix_reuse", bound=0.7, at_least=True)
    yield Target(key="submission.ratio_to_postfix_connect", bound=0.7, at_least=True)
    yield Target(key="latency.rate_ratio_at_100ms", bound=0.85, at_least=True)
    yield Target(key="million.launch_seconds", bound=30.0, at_least=False)
    yield Target(key="million.cost_ratio_to_10k", bound=1.15, at_least=False)
    yield Target(key="memory.worker_mb", bound=250.0, at_least=False)
    yield Target(key="suspended.claim_p95_ms", bound=10.0, at_least=False)
    yield Target(key="suspended.rate_ratio", bound=0.95, at_least=True)
    yield Target(key="snapshot.claim_p95_ms", bound=10.0, at_least=False)
    yield Target(key="snapshot.rate_ratio", bound=0.95, at_least=True)
    yield Target(key="pages.p95_ms_worst", bound=250.0, at_least=False)
    yield Target(key="pages.queries_worst", bound=20.0, at_least=False)
    yield Target(key="api.single_share_of_empty", bound=0.3, at_least=True)
    yield Target(key="api.batch_ratio_to_single", bound=4.0, at_least=True)
    for door in ("api", "smtp"):
        for state in ("awake", "asleep"):
            yield Target(key=f"accept.{door}_{state}_p50_ms", bound=300.0, at_least=False)
            yield Target(key=f"accept.{door}_{state}_p95_ms", bound=1000.0, at_least=False)
        yield Target(key=f"accept.{door}_beside_p95_ms", bound=3000.0, at_least=False)


def judged(figures: Mapping[str, Any]) -> Iterator[str]:
    """A line for each target whose figure is there."""
    for target in targets(figures):
        if target.key in figures:
            yield target.judge(figures[target.key])


def write(path: Path, figures: Mapping[str, Any]) -> None:
    """The figures of this run, in place of those of an earlier one; other benches' keys stay."""
    kept = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    ours = {name.partition(".")[0] for name in figures}
    kept = {name: value for name, value in kept.items() if name.partition(".")[0] not in ours}
    text = json.dumps(kept | dict(figures), indent=2, sort_keys=True, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")


def machine() -> dict[str, Any]:
    """Where and when."""
    return {
        "machine.processor": _processor(),
        "machine.cores": psutil.cpu_count(),
        "machine.memory_gb": round(psutil.virtual_memory().total / 2**30, 1),
        "machine.system": f"{platform.system()} {platform.release()}",
        "machine.date": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
    }


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    for line in information.read_text(encoding="utf-8").splitlines() if information.exists() else ():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor()
