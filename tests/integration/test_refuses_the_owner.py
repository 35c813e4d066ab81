"""A process that is given the owner's URL refuses to start: row-level security would be off."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_web_process_refuses_the_owners_role(committed: None) -> None:
    environment = os.environ | {"DATABASE_URL": os.environ["DATABASE_OWNER_URL"]}
    command = [sys.executable, "-c", "import relay_saas.wsgi"]
    ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode != 0
    assert "relay.E010" in ran.stderr
    assert "relay.E011" in ran.stderr
