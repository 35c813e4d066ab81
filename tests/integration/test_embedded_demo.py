"""The command line of the demo, as far as it refuses: the whole of it is told by `tests/e2e`."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from relay_saas.embedded.exceptions import PortTaken
from relay_saas.embedded.paths import PROJECT
from relay_saas.embedded.ports import LOCAL, Ports
from relay_saas.embedded.services import services


@pytest.fixture
def listener() -> Iterator[int]:
    with socket.create_server((LOCAL, 0)) as server:
        yield server.getsockname()[1]


def embedded(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """What the command line answers."""
    command = [sys.executable, "-m", "relay_saas.embedded", *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, cwd=PROJECT, env=os.environ | environment, check=False
    )


def test_a_taken_port_is_named_with_the_way_out(listener: int) -> None:
    with pytest.raises(PortTaken, match=rf"port {listener} \(web\) is taken: .*PORT_BASE="):
        Ports(base=listener).check_free()


def test_a_taken_port_stops_the_demo_before_anything_started(listener: int, tmp_path: Path) -> None:
    answer = embedded("demo", "--data-dir", str(tmp_path), "--port-base", str(listener))
    assert answer.returncode == 1
    assert "is taken" in answer.stderr
    assert not (tmp_path / "postgres").exists()


def test_a_second_demo_in_one_folder_is_refused_in_one_line(tmp_path: Path) -> None:
    with services(tmp_path, durable=False, given={}):
        answer = embedded("demo", "--data-dir", str(tmp_path))
    assert (answer.returncode, answer.stdout) == (1, "")
    assert (
        answer.stderr == f"error: already running: process {os.getpid()} holds {tmp_path} (already_running)\n"
    )


def test_a_missing_database_url_is_named(tmp_path: Path) -> None:
    url = "postgresql://relay_app@db.test/relay"
    ports = ("--port-base", "28000")
    answer = embedded("demo", "--data-dir", str(tmp_path), *ports, DATABASE_URL=url, DATABASE_OWNER_URL="")
    assert answer.returncode == 1
    assert "set DATABASE_OWNER_URL" in answer.stderr
    assert answer.stderr.count("\n") == 1


def test_the_command_line_answers_in_one_line_without_a_traceback(tmp_path: Path) -> None:
    answer = embedded("info", "--data-dir", str(tmp_path))
    assert answer.returncode == 1
    assert answer.stdout == ""
    assert answer.stderr.startswith("error: no demo runs in")
    assert answer.stderr.count("\n") == 1
