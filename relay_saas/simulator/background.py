"""Lets the product have the processor first: what watches or reacts may take its time."""

import contextlib
import os
from pathlib import Path

NICENESS = 19
#: Linux weighs sessions before processes; without this, niceness counts only inside one session.
AUTOGROUP = Path("/proc/self/autogroup")


def step_back() -> None:
    """Runs this process as a session of its own, with the lowest weight that the kernel knows."""
    os.nice(NICENESS)
    with contextlib.suppress(OSError):
        os.setsid()
    with contextlib.suppress(OSError):
        AUTOGROUP.write_text(str(NICENESS), encoding="ascii")
