"""Follows the append-only JSON-lines files of the simulator, each line with its position."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Line = dict[str, Any]
CHUNK = 1 << 20


class Follower:
    """Reads the whole lines that were appended since the last look."""

    def __init__(self, path: Path, position: int = 0) -> None:
        self.path = path
        #: Where the next unread line begins.
        self.position = position

    def read(self) -> Iterator[tuple[int, Line]]:
        """(position, line) of every new line; at most one chunk, call again for more."""
        try:
            with self.path.open("rb") as file:
                file.seek(self.position)
                data = file.read(CHUNK)
        except FileNotFoundError:
            return
        end = data.rfind(b"\n") + 1
        for raw in data[:end].splitlines(keepends=True):
            at = self.position
            self.position += len(raw)
            yield at, json.loads(raw)


def numbered(folder: Path, kind: str) -> list[tuple[int, Path]]:
    """The files `<kind>-<n>.log` of a folder with their numbers."""
    found = [(int(path.stem.rpartition("-")[2]), path) for path in folder.glob(f"{kind}-*.log")]
    return sorted(found)


def lines(folder: Path, kind: str) -> Iterator[Line]:
    """Every line of all files of one kind, `<kind>-<n>.log` and `<kind>.log`."""
    for path in (*(path for _, path in numbered(folder, kind)), folder / f"{kind}.log"):
        follower = Follower(path)
        while found := list(follower.read()):
            yield from (line for _, line in found)


def read_message(folder: Path, number: int, line: Line) -> bytes:
    """The bytes of the message that a line of received-<number>.log is about."""
    with (folder / f"messages-{number}.mbox").open("rb") as file:
        file.seek(line["offset"])
        return file.read(line["size"])
