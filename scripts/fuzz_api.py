"""`python -m scripts.fuzz_api [seconds] [seed]`: schemathesis on the API of a server of its own."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SECONDS = "600"


def main() -> int:
    """Runs the test of tests/integration with more time; its report lies where it says."""
    said = [*sys.argv[1:3], "", ""]
    seconds, seed = said[0] or SECONDS, said[1]
    place = "tests/integration/test_fuzz_api.py"
    command = [sys.executable, "-m", "pytest", "-q", "-n", "0", "-s", place]
    told = {"RELAY_FUZZ_SECONDS": seconds, "RELAY_FUZZ_SEED": seed}
    return subprocess.run(command, cwd=ROOT, check=False, env=os.environ | told).returncode


if __name__ == "__main__":
    sys.exit(main())
