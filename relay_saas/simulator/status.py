"""Counts what a data folder holds: accepted, refused, verdicts, reactions."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from relay_saas.simulator.tail import Line, lines


def counts(folder: Path) -> dict[str, Any]:
    """Accepted per provider, refusals per provider and rule, verdict totals, reactions per kind."""
    accepted = Counter(line["provider"] for line in lines(folder, "received"))
    refused: dict[str, Counter[str]] = {}
    for line in lines(folder, "refused"):
        refused.setdefault(line["provider"], Counter())[line["rule"]] += 1
    verdicts: Counter[str] = Counter()
    for line in lines(folder, "verdicts"):
        verdicts.update(_verdict_words(line))
    reactions = Counter(f"{line['action']}" for line in lines(folder, "reactions"))
    return {
        "accepted": sum(accepted.values()),
        "accepted_by_provider": dict(sorted(accepted.items())),
        "refused": {name: dict(sorted(rules.items())) for name, rules in sorted(refused.items())},
        "verdicts": dict(sorted(verdicts.items())),
        "reactions": dict(sorted(reactions.items())),
    }


def _verdict_words(line: Line) -> Iterator[str]:
    yield "judged"
    yield f"dkim_rsa_{line['dkim_rsa']}"
    yield f"dkim_ed25519_{line['dkim_ed25519']}"
    yield f"spf_{line['spf']}"
    yield f"dmarc_{line['dmarc']}"
    if line["spf_aligned"]:
        yield "spf_aligned"
    if line["dkim_aligned"]:
        yield "dkim_aligned"
