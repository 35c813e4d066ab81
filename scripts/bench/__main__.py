"""`python -m scripts.bench [--quick] [--count N] [rows…]`: one run, one table, var/bench.json."""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from relay_saas.embedded.paths import PROJECT
from scripts.bench import relay
from scripts.bench.stand import standing


def main() -> int:
    """Parses, runs, prints."""
    parser = argparse.ArgumentParser(prog="python -m scripts.bench", description=__doc__)
    parser.add_argument("rows", nargs="*", default=["relay"])
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--profile", type=Path)
    given = parser.parse_args()
    (PROJECT / "var").mkdir(exist_ok=True)
    root = Path(tempfile.mkdtemp(prefix="bench-", dir=PROJECT / "var"))
    with standing(root) as stand:
        who = relay.tenant(stand)
        campaign = relay.draft(stand, who, name="bench", first=1, count=given.count)
        result = relay.measure(stand, campaign, profile=given.profile)
    sys.stdout.write(
        f"{result}\n{result.rate:.0f}/s {result.ours_ms:.3f} ms {result.without_signatures_ms:.3f} ms\n"
    )
    shutil.rmtree(root)
    return 0


if __name__ == "__main__":
    sys.exit(main())
