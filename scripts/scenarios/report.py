"""A scenario's table: what is claimed, what was measured, whether it holds."""

import sys
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One row."""

    claim: str
    measured: str
    holds: bool


@dataclass(slots=True, kw_only=True)
class Report:
    """The rows of one scenario."""

    title: str
    rows: list[Claim] = field(default_factory=list)
    #: What is smaller or shorter than in the world, and other things that a reader must know.
    notes: list[str] = field(default_factory=list)

    def claim(self, claim: str, measured: object, *, holds: bool) -> None:
        """Adds a row."""
        self.rows.append(Claim(claim=claim, measured=str(measured), holds=holds))

    def at_least(self, claim: str, measured: float, least: float, unit: str = "") -> None:
        """Adds a row about a figure with a lower bound."""
        self.claim(claim, f"{measured:.4g}{unit} (>= {least:g}{unit})", holds=measured >= least)

    def at_most(self, claim: str, measured: float, most: float, unit: str = "") -> None:
        """Adds a row about a figure with an upper bound."""
        self.claim(claim, f"{measured:.4g}{unit} (<= {most:g}{unit})", holds=measured <= most)

    def equal(self, claim: str, measured: object, expected: object) -> None:
        """Adds a row about a figure that is known beforehand."""
        self.claim(claim, f"{measured} (= {expected})", holds=measured == expected)

    @property
    def holds(self) -> bool:
        """Whether every claim does."""
        return bool(self.rows) and all(row.holds for row in self.rows)

    def show(self, seconds: float) -> None:
        """The table on standard output."""
        width = max((len(row.claim) for row in self.rows), default=0)
        out = [f"\n{self.title}  ({seconds:.0f} s)"]
        out += [
            f"  {'ok  ' if row.holds else 'FAIL'}  {row.claim:<{width}}  {row.measured}" for row in self.rows
        ]
        out += [f"        {note}" for note in self.notes]
        sys.stdout.write("\n".join(out) + "\n")
        sys.stdout.flush()
