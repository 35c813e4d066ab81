"""The simulator as a process of its own, and what its receivers have logged."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A running simulator."""

    folder: Path
    dns_port: int
    smtp_port: int

    def received(self) -> list[dict[str, Any]]:
        """One line per message and recipient that was taken."""
        return self.notes("received")

    def notes(self, kind: str) -> list[dict[str, Any]]:
        """The lines of one of the receivers' logs: received, refused, data, sessions."""
        return [
            json.loads(line)
            for path in sorted(self.folder.glob(f"{kind}-*.log"))
            for line in path.read_bytes().split(b"\n")[:-1]
        ]

    def recipients(self, domain: str) -> list[str]:
        """Recipients of one sending domain, in the order in which they were taken."""
        return [line["rcpt"] for line in self.received() if line["mail_from"].endswith(f"rp.{domain}")]


def free_port(kind: int = socket.SOCK_STREAM) -> int:
    """A port that nobody has now."""
    with socket.socket(socket.AF_INET, kind) as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def simulated(folder: Path, scenario: str = "plain") -> Iterator[World]:
    """The simulator, without judge and without people."""
    world = World(folder=folder, dns_port=free_port(), smtp_port=free_port())
    argv = [
        *(sys.executable, "-m", "relay_saas.simulator", "--data", str(folder), "--scenario", scenario),
        *("--dns-port", str(world.dns_port), "--smtp-port", str(world.smtp_port)),
        *("--mailboxes-port", str(free_port()), "--no-judge", "--no-recipients"),
    ]
    process = subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        yield world
    finally:
        process.terminate()
        process.wait(timeout=20)
        process.stdout.close()


def process_environment(settings: Any) -> dict[str, str]:
    """The environment of a process of the product that shares this test's settings and database."""
    return os.environ | {
        "RELAY_DNS": settings.RELAY_DNS,
        "RELAY_SMTP_PORT": str(settings.RELAY_SMTP_PORT),
        "RELAY_DELIVERY_NETWORKS": ",".join(map(str, settings.RELAY_DELIVERY_NETWORKS)),
        "RELAY_EGRESS": ",".join(settings.RELAY_EGRESS),
        "RELAY_TIMINGS": settings.RELAY_TIMINGS,
        "RELAY_DATA_DIR": str(settings.RELAY_DATA_DIR),
        "RELAY_EDGE_SCHEME_PORT": settings.RELAY_EDGE_SCHEME_PORT,
        "RELAY_HOST_ID": settings.RELAY_HOST_ID,
        "RELAY_STOP_GRACE": "30",
        "RELAY_LEASE_SECONDS": str(settings.RELAY_LEASE_SECONDS),
    }


@contextmanager
def engine(settings: Any, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """`manage.py run_queue` as a process of its own; killed at the end if it is still there."""
    argv = [sys.executable, "manage.py", "run_queue", *arguments]
    process = subprocess.Popen(argv, cwd=ROOT, env=process_environment(settings))
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(timeout=20)
