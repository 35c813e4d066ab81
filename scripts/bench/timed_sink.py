"""`python -m scripts.bench.timed_sink PORT FOLDER FILE`: the receiver with STARTTLS, which also writes down
when the end of a message's data came, by the machine's monotonic clock, where its subject asks for that."""

import ssl
import sys
import time
from pathlib import Path
from typing import Final

import uvloop

from scripts.bench.tls_sink import Count, Session, serve

#: How the field of such a message begins, and how far down it may stand.
FIELD: Final = b"\r\nSubject: timed-"
_HEAD: Final = 8000


class TimedSession(Session):
    """One connection."""

    def __init__(self, count: Count, context: ssl.SSLContext, file: Path) -> None:
        super().__init__(count, context)
        self._file = file

    def took(self, message: bytes) -> None:
        """Writes the line before the answer is written."""
        at = message.find(FIELD, 0, _HEAD)
        if at >= 0:
            now = time.monotonic()
            name = message[at + len(FIELD) : message.index(b"\r\n", at + 2)].decode()
            with self._file.open("a") as file:
                file.write(f"{name} {now!r}\n")


if __name__ == "__main__":
    told = Path(sys.argv[3])
    uvloop.run(
        serve(int(sys.argv[1]), Path(sys.argv[2]), lambda count, context: TimedSession(count, context, told))
    )
