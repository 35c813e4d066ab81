"""`scripts/bootstrap.sh` on machines that lack something, played by a PATH of our own."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from relay_saas.embedded.paths import PROJECT
from tests.integration.waiting import until

# Stands in for Python: knows no venv, or makes one out of itself.
WITHOUT_VENV = """#!/bin/sh
case "$*" in *ensurepip*) exit 1 ;; *'"%d.%d"'*) echo 3.11 ;; esac
"""
WITH_VENV = """#!/bin/sh
echo "$@" >>"{log}"
case "$*" in "-m venv"*) mkdir -p .venv/bin && cp "$0" .venv/bin/python ;; esac
"""
# The child of make: says that it runs, and ends when `noticed` does.
BELOW_MAKE = """
import os, time
from relay_saas.embedded.signals import noticed
with noticed() as asked:
    print(os.getpid(), flush=True)
    while not asked():
        time.sleep(0.02)
"""


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone with the script, two locks, and a PATH that holds what every Debian has."""
    (tmp_path / "scripts").mkdir()
    shutil.copy(PROJECT / "scripts" / "bootstrap.sh", tmp_path / "scripts")
    (tmp_path / "requirements.txt").write_text("a==1\n")
    (tmp_path / "requirements-dev.txt").write_text("a==1\nb==2\n")
    (tmp_path / "bin").mkdir()
    for name in ("sh", "cat", "cksum", "cp", "dirname", "grep", "mkdir", "tr"):
        (tmp_path / "bin" / name).symlink_to(shutil.which(name) or name)
    return tmp_path


def python(clone: Path, text: str) -> Path:
    """Put a python3 into PATH; the answer is the file that it writes its calls to."""
    log = clone / "calls"
    file = clone / "bin" / "python3"
    file.write_text(text.format(log=log) if "{log}" in text else text)
    file.chmod(0o755)
    return log


def bootstrap(clone: Path, what: str = "demo") -> subprocess.CompletedProcess[str]:
    """What the script answers."""
    return subprocess.run(
        ["sh", str(clone / "scripts" / "bootstrap.sh"), what],
        env={"PATH": str(clone / "bin"), "PYTHON3": "python3.13 python3"},
        capture_output=True,
        text=True,
        check=False,
    )


def installed(log: Path) -> list[str]:
    """The locks that were installed, in order; forgets them."""
    calls = [line.split()[-1] for line in log.read_text().splitlines() if " install " in f" {line} "]
    log.write_text("")
    return calls


def test_without_python_one_line_says_what_is_needed(clone: Path) -> None:
    answer = bootstrap(clone)
    assert answer.returncode == 1
    assert answer.stderr.startswith("error: Python 3.11 or later is needed")
    assert answer.stderr.count("\n") == 1


def test_without_venv_one_line_names_the_package(clone: Path) -> None:
    python(clone, WITHOUT_VENV)
    answer = bootstrap(clone)
    assert answer.returncode == 1
    assert answer.stderr == (
        "error: Python 3.11 comes without venv here: apt-get install python3.11-venv, then run make again\n"
    )
    assert not (clone / ".venv").exists()


def test_packages_are_installed_once_for_each_state_of_the_lock(clone: Path) -> None:
    log = python(clone, WITH_VENV)
    assert bootstrap(clone).returncode == 0
    assert installed(log) == ["requirements.txt"]
    assert bootstrap(clone).stdout == ""
    assert installed(log) == []
    (clone / "requirements.txt").write_text("a==2\n")
    assert bootstrap(clone).stdout == "installing 1 packages from requirements.txt\n"
    assert installed(log) == ["requirements.txt"]


def test_the_development_lock_holds_the_other_one(clone: Path) -> None:
    log = python(clone, WITH_VENV)
    bootstrap(clone)
    installed(log)
    assert bootstrap(clone, "dev").returncode == 0
    assert installed(log) == ["requirements-dev.txt"]
    bootstrap(clone)
    assert installed(log) == []


def test_every_package_is_checked_against_its_hash(clone: Path) -> None:
    log = python(clone, WITH_VENV)
    bootstrap(clone)
    assert "--require-hashes" in log.read_text()


def test_the_end_of_make_is_noticed_below_it() -> None:
    shell = subprocess.Popen(
        ["sh", "-c", '"$0" -c "$1"; true', sys.executable, BELOW_MAKE],
        env=os.environ | {"MAKELEVEL": "1"},
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert shell.stdout is not None
    with shell.stdout as output:
        below = psutil.Process(int(output.readline()))
    shell.send_signal(signal.SIGKILL)
    shell.wait()
    until(lambda: not below.is_running() or below.status() == psutil.STATUS_ZOMBIE, what="the end below make")
