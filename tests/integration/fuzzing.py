"""Runs schemathesis against a live server with the keys of two organizations that must not see each other."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

#: Beside success: a valid request may name what is gone, come too early, or ask for what a rule forbids. What
#: the description does not say (400) is no excuse.
ALLOWED = ["2xx", 304, 401, 403, 404, 409, 412, 415, 422, 429, 502]
KEPT = "^/api/v1/(keys|credentials|templates)/"
REFUSED = [400, 401, 403, 404, 405, 406, 409, 412, 413, 415, 422, 429]


def config(keys: Mapping[str, str], folder: Path) -> Path:
    """The configuration of a run; the first key asks, the others must not get its things."""
    people = [
        {"name": name, "fixedHeaders": [{"name": "Authorization", "value": f"Bearer {secret}"}]}
        for name, secret in keys.items()
    ]
    auth = folder / "auth.json"
    auth.write_text(json.dumps({"auth": people}), encoding="utf-8")
    lines = [
        # A NUL is refused in every text, because PostgreSQL knows none; a schema cannot say so of free
        # objects. tests/matrix/test_api_cases.py sends one in every parameter and to every body.
        "[generation]",
        "allow-x00 = false",
        "[checks.positive_data_acceptance]",
        f"expected-statuses = {json.dumps(ALLOWED)}",
        "[checks.negative_data_rejection]",
        f"expected-statuses = {json.dumps(REFUSED)}",
        "[auth.wfc]",
        f"path = {json.dumps(str(auth))}",
        f"user = {json.dumps(next(iter(keys)))}",
        f"peers = {json.dumps(list(keys))}",
        # DELETE revokes keys and credentials and puts templates away: all three stay there to be read.
        "[[operations]]",
        f"include-path-regex = {json.dumps(KEPT)}",
        "[operations.checks.use_after_free]",
        "enabled = false",
    ]
    path = folder / "schemathesis.toml"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def fuzz(url: str, keys: Mapping[str, str], folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """One run with all checks."""
    command = [
        str(Path(sys.executable).parent / "schemathesis"),
        "--config-file",
        str(config(keys, folder)),
        "run",
        f"{url}/api/v1/openapi.json",
        "--checks",
        "all",
        "--continue-on-failure",
        "--no-color",
        "--generation-database",
        "none",
        *options,
    ]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)


def failures(output: str) -> Sequence[str]:
    """The lines of the report that say what went wrong."""
    return [line for line in output.splitlines() if line.startswith(("FAILED", "- ", "❌", "ERROR"))]
