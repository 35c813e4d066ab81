"""Follows the append-only JSON-lines files of the simulator, each line with its position."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Line = dict[str, Any]
CHUNK = 1 << 18


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A line of a file: where it begins, where the next one begins, and what it says."""

    at: int
    end: int
    line: Line


class Follower:
    """Reads the whole lines that were appended since the last look."""

    def __init__(self, path: Path, position: int = 0) -> None:
        self.path = path
        #: Where the next unread line begins.
        self.position = position

    def read(self, most: int = 1000) -> Iterator[Found]:
        """New lines, at most so many; call again for more."""
        try:
            with self.path.open("rb") as file:
                file.seek(self.position)
                data = file.read(CHUNK)
        except FileNotFoundError:
            return
        end = data.rfind(b"\n") + 1
        for raw in data[:end].split(b"\n", most)[:most]:
            if raw:
                at = self.position
                self.position += len(raw) + 1
                yield Found(at=at, end=self.position, line=json.loads(raw))

    def read_all(self) -> Iterator[Found]:
        """Every line there is by now."""
        while found := list(self.read()):
            yield from found


def numbered(folder: Path, kind: str) -> list[tuple[int, Path]]:
    """The files `<kind>-<n>.log` of a folder with their numbers."""
    found = [(int(path.stem.rpartition("-")[2]), path) for path in folder.glob(f"{kind}-*.log")]
    return sorted(found)


def lines(folder: Path, kind: str) -> Iterator[Line]:
    """Every line of all files of one kind, `<kind>-<n>.log` and `<kind>.log`."""
    for path in (*(path for _, path in numbered(folder, kind)), folder / f"{kind}.log"):
        yield from (found.line for found in Follower(path).read_all())


def read_message(folder: Path, number: int, line: Line) -> bytes:
    """The bytes of the message that a line of received-<number>.log is about."""
    with (folder / f"messages-{number}.mbox").open("rb") as file:
        file.seek(line["offset"])
        return file.read(line["size"])
