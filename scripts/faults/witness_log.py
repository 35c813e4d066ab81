"""The proxy's log: each line is on disk before what it tells goes on."""

import json
import os
import time
from pathlib import Path


class WitnessLog:
    """Append-only lines of JSON; `note` returns when they are on disk."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def note(self, what: str, **values: object) -> None:
        """One line: what happened, when, to whom."""
        line = json.dumps({"time": time.time(), "what": what, **values})
        os.write(self._file, f"{line}\n".encode())
        os.fdatasync(self._file)

    def times(self, what: str) -> list[float]:
        """When that happened, each time so far."""
        return [float(str(line["time"])) for line in lines(self.path) if line["what"] == what]

    def close(self) -> None:
        """No more lines."""
        os.close(self._file)


def lines(path: Path) -> list[dict[str, object]]:
    """All lines so far."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
