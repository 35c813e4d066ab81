"""Plain lines for whoever watches the start."""

import sys
import time
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminal:
    """Writes one line at a time, with the seconds since the start."""

    started: float = field(default_factory=time.monotonic)

    def say(self, text: str) -> None:
        """One line, at once."""
        sys.stdout.write(f"[{time.monotonic() - self.started:5.1f} s] {text}\n")
        sys.stdout.flush()
