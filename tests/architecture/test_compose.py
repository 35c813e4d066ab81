"""docker-compose.yml is parsed, and each command of ours that it names is real."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
OURS = {name: service for name, service in COMPOSE["services"].items() if "build" in service}
#: Secrets of the database's own image.
FOREIGN_SECRETS = {"postgres_password"}


def test_the_services_are_the_ones_of_the_process_table() -> None:
    front = {"prepare", "web", "edge", "inbound", "submission"}
    assert set(OURS) == front | {"delivery", "tasks", "jobs", "webhooks", "beat"}
    assert set(COMPOSE["services"]) - set(OURS) == {"postgres", "valkey"}
    assert COMPOSE["services"]["postgres"]["image"].startswith("postgres:18")


def test_every_secret_is_a_file_and_nothing_secret_stands_in_the_file() -> None:
    secrets = COMPOSE["secrets"]
    assert all(set(secret) == {"file"} for secret in secrets.values())
    for service in OURS.values():
        assert set(service["secrets"]) == set(secrets) - FOREIGN_SECRETS
        named = {value for name, value in service["environment"].items() if name.endswith("_FILE")}
        assert named == {f"/run/secrets/{secret}" for secret in service["secrets"]}


def test_workers_may_finish_what_they_have_sent() -> None:
    assert OURS["delivery"]["stop_grace_period"] == "11m"


@pytest.mark.parametrize("name", sorted(OURS))
def test_each_command_exists(name: str) -> None:
    command = OURS[name]["command"]
    program, *rest = command
    if program == "python":
        argv = [sys.executable, str(ROOT / rest[0]), rest[1], "--help"]
    elif program == "celery":
        argv = [sys.executable, "-m", "celery", *rest[:3], "--help"]
    else:
        argv = [sys.executable, "-m", program, "--help"]
    ran = subprocess.run(argv, cwd=ROOT, env=os.environ, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    if program == "granian":
        offered = ran.stdout
        assert all(option in offered for option in rest if option.startswith("--"))
