"""The simulator's command line: `python -m relay_saas.simulator --data DIR`, and `status --data DIR`."""

import sys

from relay_saas.simulator.command import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
