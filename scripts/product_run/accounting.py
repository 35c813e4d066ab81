"""The accounting program, run as a program over one campaign."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from relay_saas.embedded.paths import PROJECT
from scripts.product_run.campaigns import People
from scripts.product_run.ledger import Books
from scripts.product_run.product import Product
from scripts.product_run.waiting import must

SECONDS = 180.0
#: What the promise allows none of.
NONE_OF = ("lost", "phantom", "unexpected", "duplicate_unexplained", "faults")
SHOWN = (*NONE_OF, "duplicate_explained", "in_doubt", "open", "equation_holds", "counters_agree", "agrees")


def account(product: Product, people: People, books: Books, *options: str) -> dict[str, Any]:
    """The program's report; it is also printed as a table."""
    ran = subprocess.run(
        [
            *(sys.executable, "-m", "scripts.accounting", "--json", "--owner", product.owner_url),
            *("--tenant", product.cast.tenant, "--campaign", str(books.campaign)),
            *("--audience", str(people.frozen), "--received", str(product.receivers), *options),
        ],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    must(ran.stdout, ran.stderr)
    report: dict[str, Any] = json.loads(ran.stdout)
    must((ran.returncode == 0) == report["agrees"], "the exit status and the report differ")
    show(report)
    return report


def show(report: dict[str, Any]) -> None:
    """The table of proof.md on standard output (pytest shows it with -rP, or where a test fails)."""
    lines = [f"audience {report['audience']}, accepted {report['accepted']}, states {report['states']}"]
    lines += [f"  {name:22} {report[name]}" for name in SHOWN]
    if report.get("examples"):
        lines.append(f"  examples {report['examples']}")
    sys.stdout.write("\n".join(lines) + "\n")


def assert_kept(report: dict[str, Any]) -> None:
    """The promise: nothing lost, invented, unexpected or doubled without a reason; all sums add up."""
    must(not any(report[name] for name in NONE_OF), report["examples"])
    must(report["equation_holds"], "the states do not sum to the audience")
    must(report["counters_agree"], "the counters differ from the states")
    must(report["agrees"], report)


def write_stopped(folder: Path, times: dict[str, float]) -> Path:
    """The file of `--stopped`: address -> when its stop had been answered."""
    path = folder / "stopped.json"
    path.write_text(json.dumps(times), encoding="utf-8")
    return path
