"""`python -m scripts.bench.sampled_run FILE`: queue runs in this process, sampled by CPU time.

Every millisecond of CPU the stack is noted: what C code costs is found at the Python line that called it.
"""

import signal
import sys
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import Final

import django

django.setup()

from delivery.engine.config import from_settings  # noqa: E402 - settings are needed first
from delivery.engine.process import run_once  # noqa: E402
from delivery.engine.stopping import request_stop, stop_requested  # noqa: E402
from delivery.services.sources import sync_sources  # noqa: E402
from relay_saas.embedded.paths import PROJECT  # noqa: E402

_INTERVAL: Final = 0.001
_SHOWN: Final = 60


class Sampler:
    """Stacks by CPU time of the main thread's process."""

    def __init__(self) -> None:
        self.own: Counter[str] = Counter()
        self.within: Counter[str] = Counter()
        self.modules: Counter[str] = Counter()
        self.samples = 0

    def start(self) -> None:
        """From now on."""
        signal.signal(signal.SIGPROF, self._note)
        signal.setitimer(signal.ITIMER_PROF, _INTERVAL, _INTERVAL)

    def stop(self) -> None:
        """No more samples."""
        signal.setitimer(signal.ITIMER_PROF, 0)

    def _note(self, _number: int, frame: FrameType | None) -> None:
        self.samples += 1
        seen: set[str] = set()
        ours = ""
        at = frame
        while at is not None:
            name = _name(at)
            if at is frame:
                self.own[f"{name}:{at.f_lineno}"] += 1
            if not ours and str(PROJECT) in at.f_code.co_filename and ".venv" not in at.f_code.co_filename:
                ours = name.split(" ")[0]
            seen.add(name)
            at = at.f_back
        self.within.update(seen)
        self.modules[ours or "(outside)"] += 1

    def report(self) -> str:
        """Three tables: by innermost module of ours, by function with what it calls, by line alone."""
        parts = [f"{self.samples} samples of CPU time"]
        for title, counts in (
            ("by our innermost module", self.modules),
            ("by function, with what it calls", self.within),
            ("by line, alone", self.own),
        ):
            rows = [
                f"{100 * number / max(1, self.samples):6.1f} %  {name}"
                for name, number in counts.most_common(_SHOWN)
            ]
            parts.append("\n".join([f"\n{title}", *rows]))
        return "\n".join(parts) + "\n"


def _name(frame: FrameType) -> str:
    file = frame.f_code.co_filename
    short = file.removeprefix(f"{PROJECT}/").rpartition("site-packages/")[2]
    return f"{short} {frame.f_code.co_qualname}"


def main(path: Path) -> None:
    """Runs until TERM, then writes the report."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: request_stop())
    sampler = Sampler()
    sync_sources()
    config = from_settings()
    sampler.start()
    while not stop_requested():
        run_once(config)
    sampler.stop()
    path.write_text(sampler.report(), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
