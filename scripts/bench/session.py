"""One run of the bench: its stand, its sizes, and what it has found so far."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scripts.bench import relay
from scripts.bench.relay import Campaign
from scripts.bench.report import Line
from scripts.bench.result import Result
from scripts.bench.stand import Stand


@dataclass(slots=True, kw_only=True)
class Bench:
    """What the rows share and add to."""

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

    def note(self, name: str, result: Result) -> None:
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
