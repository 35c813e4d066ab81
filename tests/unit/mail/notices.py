"""Notifications as mail servers write them, with what a person read in them (tests/data/reports).

`=== name: recipient status action category; …`, then the mail; a dash stands for none.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "data" / "reports"


@dataclass(frozen=True, slots=True)
class Notice:
    """One mail and what it says of each recipient: address, status, action, category."""

    name: str
    raw: bytes
    expected: tuple[tuple[str, ...], ...]


def notices(*files: str) -> Iterator[Notice]:
    """The mails of these files, else of all but the answers of people and programs."""
    paths = [FOLDER / f"{name}.txt" for name in files] or sorted(FOLDER.glob("*.txt"))
    for path in paths:
        if files or not path.name.startswith("answers"):
            yield from _read(path)


def _read(path: Path) -> Iterator[Notice]:
    for block in f"\n{path.read_text(encoding='utf-8')}".split("\n=== ")[1:]:
        title, _, mail = block.partition("\n")
        name, _, expected = title.partition(": ")
        rows = tuple(tuple(row.split()) for row in expected.split(";"))
        yield Notice(name, mail.replace("\n", "\r\n").encode(), rows)
