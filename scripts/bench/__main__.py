"""`python -m scripts.bench [--quick] [--count N] [rows…]`: one run, one table, var/bench.json."""

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from relay_saas.embedded.exceptions import EmbeddedError
from relay_saas.embedded.paths import PROJECT
from scripts.bench import packages, relay, report
from scripts.bench.rows import ROWS
from scripts.bench.session import Bench
from scripts.bench.stand import BenchFailed, standing

_COUNT, _HELD, _AUDIENCE, _SLICE_SECONDS = 20_000, 300_000, 1_000_000, 90.0
#: `--quick` divides all sizes by so much.
_QUICK: Final = 20
_RESULTS: Final = PROJECT / "var/bench.json"


def main() -> int:
    """Parses, runs, prints; 1 where a row failed or a duty was not done."""
    given = _arguments()
    try:
        packages.ensure()
        _run(given)
    except (BenchFailed, EmbeddedError) as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m scripts.bench", description=__doc__)
    parser.add_argument("rows", nargs="*", help=f"of {', '.join(ROWS)}; without any, all")
    parser.add_argument("--count", type=int, help=f"messages of a row (default {_COUNT:,})")
    parser.add_argument("--audience", type=int, help=f"contacts of million and pages ({_AUDIENCE:,})")
    parser.add_argument("--quick", action="store_true", help=f"all sizes by {_QUICK}: no figure counts")
    parser.add_argument("--profile", type=Path, help="one sampled queue run sends in `relay`; its profile")
    given = parser.parse_args()
    unknown = set(given.rows) - ROWS.keys()
    if unknown:
        parser.error(f"no such row: {', '.join(sorted(unknown))}")
    return given


def _run(given: argparse.Namespace) -> None:
    (PROJECT / "var").mkdir(exist_ok=True)
    divisor = _QUICK if given.quick else 1
    root = Path(tempfile.mkdtemp(prefix="bench-", dir=PROJECT / "var"))
    with standing(root) as stand:
        bench = Bench(
            stand=stand,
            who=relay.tenant(stand),
            count=given.count or _COUNT // divisor,
            held=_HELD // divisor,
            audience=given.audience or _AUDIENCE // divisor,
            slice_seconds=_SLICE_SECONDS / divisor,
            profile=given.profile,
        )
        for name, row in ROWS.items():
            if given.rows and name not in given.rows:
                continue
            began, before = time.monotonic(), len(bench.lines)
            row(bench)
            rate = f"{bench.lines[-1].rate:,.0f} messages/s, " if len(bench.lines) > before else ""
            _say(f"{name}: {rate}row took {time.monotonic() - began:.0f} s")
    shutil.rmtree(stand.supervisor.data.sockets(), ignore_errors=True)
    shutil.rmtree(root)
    _tell(bench)


def _tell(bench: Bench) -> None:
    figures = report.machine() | bench.figures
    if not bench.profile:
        report.write(_RESULTS, figures)
    _say("")
    for line in report.table(bench.lines, figures.get("postfix.messages_per_second")):
        _say(line)
    _say("")
    for key, value in sorted(figures.items()):
        _say(f"{key} = {value:,.3f}" if isinstance(value, float) else f"{key} = {value}")
    _say("")
    for line in report.judged(figures):
        _say(line)


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
