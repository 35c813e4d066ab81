"""The command line: `python -m relay_saas.embedded demo`, and `info` while it runs."""

import argparse
import json
import sys
from pathlib import Path

from relay_saas.embedded import info
from relay_saas.embedded.demo import Options, run
from relay_saas.embedded.exceptions import EmbeddedError
from relay_saas.embedded.paths import PROJECT
from relay_saas.embedded.ports import Ports
from relay_saas.embedded.terminal import Terminal


def main(arguments: list[str]) -> int:
    """Do what the arguments ask for; the answer is the exit status. An error is one clear line."""
    parser = argparse.ArgumentParser(prog="relay_saas.embedded", description=__doc__)
    parser.add_argument("command", choices=("demo", "info"))
    parser.add_argument("--data-dir", type=Path, default=PROJECT / "var" / "demo", help="default: var/demo")
    parser.add_argument("--port-base", type=int, default=8000, help="the ports are counted from here")
    parser.add_argument("--exit", action="store_true", help="end with the story, by its exit status")
    asked = parser.parse_args(arguments)
    try:
        if asked.command == "info":
            sys.stdout.write(json.dumps(info.read(asked.data_dir), indent=2) + "\n")
            return 0
        options = Options(root=asked.data_dir, ports=Ports(base=asked.port_base), leave=asked.exit)
        return run(options, Terminal())
    except EmbeddedError as error:
        sys.stderr.write(f"error: {error} ({error.code})\n")
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
