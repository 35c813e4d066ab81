"""`python -m scripts.fuzz_api [seconds]`: schemathesis on the API of a server of its own."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SECONDS = "600"


def main() -> int:
    """Runs the test of tests/integration with more time; its report lies where it says."""
    seconds = sys.argv[1] if len(sys.argv) > 1 else SECONDS
    place = "tests/integration/test_fuzz_api.py"
    command = [sys.executable, "-m", "pytest", "-q", "-n", "0", "-s", place]
    return subprocess.run(
        command, cwd=ROOT, check=False, env=os.environ | {"RELAY_FUZZ_SECONDS": seconds}
    ).returncode


if __name__ == "__main__":
    sys.exit(main())
