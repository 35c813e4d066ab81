"""Reads the command line and does what it says: run, report, or be a child of a run."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from relay_saas.simulator.children import run_child
from relay_saas.simulator.exceptions import SimulatorError
from relay_saas.simulator.options import Options, add_arguments, options_of
from relay_saas.simulator.parent import run
from relay_saas.simulator.status import counts


def main(arguments: Sequence[str]) -> int:
    """Run a command line without the program's name; returns the exit code."""
    if arguments[:1] == ["child"]:
        name, parent, ready, options = arguments[1:]
        return run_child(name, int(parent), int(ready), Options.from_json(options))
    if arguments[:1] == ["status"]:
        parser = argparse.ArgumentParser(
            prog="simulator status", description="Counts of a data folder as JSON."
        )
        parser.add_argument("--data", required=True)
        say(json.dumps(counts(Path(parser.parse_args(arguments[1:]).data)), indent=2))
        return 0
    parser = argparse.ArgumentParser(
        prog="simulator", description="DNS, mailbox providers and recipients of .test."
    )
    add_arguments(parser)
    return start(options_of(parser.parse_args(arguments)))


def start(options: Options) -> int:
    """Run the simulator until it is stopped; an error is said in one line."""
    try:
        return run(options, say)
    except SimulatorError as error:
        sys.stderr.write(f"simulator: {error} ({error.code})\n")
        return 1


def say(text: str) -> None:
    """One line for whoever started the program, at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
