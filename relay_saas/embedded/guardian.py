"""Waits for the supervisor to end, however it ends, and stops what it left running.

It holds the supervisor's lock and the reading end of a pipe: a kill -9 of the supervisor closes the pipe, and
the lock stays held until the last process is gone.
Started as `python -m relay_saas.embedded.guardian <children file>`.
"""

import signal
import sys
from pathlib import Path

from relay_saas.embedded import records


def main(children: Path) -> None:
    """Block until standard input ends, then stop all that the children file names."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    while sys.stdin.buffer.read(1):
        pass
    records.stop(records.read(children))
    children.unlink(missing_ok=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
