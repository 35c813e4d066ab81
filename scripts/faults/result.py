"""What came of one fault, and all of them as a table and as JSON."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

NONE_OF = ("lost", "phantom", "unexpected", "duplicate_unexplained", "faults")
COLUMNS = (
    *("audience", "accepted", "lost", "phantom", "unexpected", "duplicate_unexplained"),
    *("duplicate_explained", "in_doubt", "kills", "held", "cut"),
)


@dataclass(slots=True, kw_only=True)
class Result:
    """Of one fault."""

    id: str
    title: str
    seed: int
    #: Sums over its campaigns, and of what was done to the product.
    figures: Counter[str] = field(default_factory=Counter)
    #: Kill points and dots open at each, times, what else a reader wants to know.
    notes: list[str] = field(default_factory=list)
    #: What was promised and not kept.
    broken: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def kept(self) -> bool:
        """Whether everything that was promised was kept."""
        return not self.broken

    def as_json(self) -> dict[str, object]:
        """Plain values."""
        return {
            "id": self.id,
            "title": self.title,
            "seed": self.seed,
            "kept": self.kept,
            "seconds": round(self.seconds, 1),
            "figures": dict(self.figures),
            "broken": self.broken,
            "notes": self.notes,
        }


def table(results: Iterable[Result]) -> str:
    """A line a fault."""
    heads = ("id", "kept", "seed", "s", *COLUMNS)
    rows: list[tuple[str, ...]] = [heads]
    for one in results:
        figures = [str(one.figures[name]) for name in COLUMNS]
        rows.append((one.id, "yes" if one.kept else "NO", str(one.seed), f"{one.seconds:.0f}", *figures))
    widths = [max(len(row[place]) for row in rows) for place in range(len(heads))]
    return "\n".join(
        "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows
    )


def write(path: Path, results: Iterable[Result], not_run: dict[str, str]) -> None:
    """All results as JSON, with the reason of each fault that cannot be run here."""
    path.parent.mkdir(parents=True, exist_ok=True)
    document = {"results": [one.as_json() for one in results], "not_run": not_run}
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
