"""Progress bars and tables on a terminal; plain lines where nobody watches."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TextIO
from unicodedata import east_asian_width

WIDTH = 28


@dataclass(slots=True)
class Terminal:
    """Writes to one stream; a bar is redrawn in place on a terminal and written once, at its end,
    elsewhere."""

    out: TextIO

    def say(self, text: str = "") -> None:
        """One line."""
        self.out.write(f"{text}\n")
        self.out.flush()

    def bar(self, label: str, done: int, total: int, note: str = "") -> None:
        """`label [#####-----] 1,234 / 10,000 note`; the last call has done == total."""
        finished = done >= total
        if not self.out.isatty() and not finished:
            return
        filled = WIDTH * done // total if total else WIDTH
        line = f"{_pad(label, 12)} [{'#' * filled}{'-' * (WIDTH - filled)}] {done:>7,} / {total:,} {note}"
        self.out.write(f"\r{line}\x1b[K" if self.out.isatty() else line)
        if finished:
            self.out.write("\n")
        self.out.flush()

    def table(self, rows: Sequence[tuple[str, str]]) -> None:
        """Name and value, a line each."""
        for name, value in rows:
            self.say(f"  {_pad(name, 30)} {value}")


def _pad(text: str, width: int) -> str:
    """Japanese characters take two columns."""
    taken = sum(2 if east_asian_width(character) in "WF" else 1 for character in text)
    return text + " " * max(0, width - taken)
