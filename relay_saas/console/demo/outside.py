"""What only the outside knows: the receivers' counts, the memory of our processes, the independent
accounting."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
from django.conf import settings

VERIFIED_MESSAGES = 200


def receivers(folder: Path) -> dict[str, Any]:
    """The simulator's own counts."""
    command = [sys.executable, "-m", "relay_saas.simulator", "status", "--data", str(folder)]
    said = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    counts: dict[str, Any] = json.loads(said)
    return counts


def memory_mb() -> float:
    """PSS of the supervisor and everything below it: shared pages are counted once."""
    supervisor = psutil.Process(os.getppid())
    total = 0
    for process in [supervisor, *supervisor.children(recursive=True)]:
        try:
            total += process.memory_full_info().pss
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return total / 1024 / 1024


def accounting(*, tenant: str, campaign: int, audience: Path, receivers_folder: Path) -> dict[str, Any]:
    """The verdict of scripts/accounting, which shares no code with us."""
    command = [
        *(sys.executable, "-m", "scripts.accounting", "--json", "--owner", settings.DATABASE_OWNER_URL),
        *("--tenant", tenant, "--campaign", str(campaign), "--audience", str(audience)),
        *(
            "--received",
            str(receivers_folder),
            "--dns",
            settings.RELAY_DNS,
            "--verify",
            str(VERIFIED_MESSAGES),
        ),
    ]
    ran = subprocess.run(command, capture_output=True, check=False, text=True, cwd=settings.BASE_DIR)
    if not ran.stdout:
        raise RuntimeError(ran.stderr)
    verdict: dict[str, Any] = json.loads(ran.stdout)
    return verdict
