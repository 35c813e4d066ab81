"""`python -m scripts.scenarios [names…]`: a table each; ends with 1 where a claim fails."""

import argparse
import sys
import time
from collections.abc import Sequence

from relay_saas.embedded.exceptions import EmbeddedError
from scripts.scenarios.plays import PLAYS, Play
from scripts.scenarios.product import WORLDS, ScenarioFailed, running
from scripts.scenarios.report import Report


def play(name: str, scenario: Play, *, keep: bool) -> Report:
    """One scenario in a product of its own; its table is printed."""
    began = time.monotonic()
    report = Report(title=f"{name}: {scenario.about}")
    try:
        with running(WORLDS / name, keep=keep, **scenario.settings) as product:
            scenario.act(product, report)
    except (ScenarioFailed, EmbeddedError) as error:
        report.claim("the scenario comes to its end", error, holds=False)
    report.show(time.monotonic() - began)
    return report


def main(arguments: Sequence[str]) -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(prog="scenarios", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(PLAYS))
    parser.add_argument("--keep", action="store_true", help="leave the folder below var/ for a look")
    given = parser.parse_args(arguments)
    unknown = set(given.names) - PLAYS.keys()
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}; known are {', '.join(PLAYS)}")
    reports = {name: play(name, PLAYS[name], keep=given.keep) for name in given.names or PLAYS}
    sys.stdout.write("\n")
    for name, report in reports.items():
        held = sum(row.holds for row in report.rows)
        sys.stdout.write(
            f"{'ok  ' if report.holds else 'FAIL'}  {name:<20} {held} of {len(report.rows)} claims hold\n"
        )
    return 0 if all(report.holds for report in reports.values()) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
