"""The rows of submission: our server beside Postfix' smtpd under the same clients."""

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from relay_saas.embedded.certificate import self_signed
from relay_saas.embedded.paths import PROJECT
from relay_saas.embedded.probes import greets
from relay_saas.embedded.supervisor import Program
from scripts.bench import cost
from scripts.bench.destinations import DOMAINS
from scripts.bench.report import Line
from scripts.bench.session import Bench
from scripts.bench.sink import free_port
from scripts.bench.stand import BenchFailed
from scripts.bench.submission_postfix import running_submission

_SESSIONS: Final = 20
#: A session a message costs a handshake: a third as many are enough.
_FEWER: Final = 3
#: Not measured: processes start, caches fill.
_WARM: Final = 200
#: Of our server, as shipped: one for every two cores.
_PROCESSES: Final = max(1, len(os.sched_getaffinity(0)) // 2)
_READY_SECONDS: Final = 60.0
_KINDS: Final = {"reuse": True, "connect": False}
_COUNT: Final = "select count(*) from delivery_submission where channel = 'smtp'"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Server:
    """Where the clients go, as whom, what it costs and what it has."""

    name: str
    port: int
    username: str
    password: str
    sender: str
    groups: dict[str, list[int]]
    kept: Callable[[], int]


def submission_row(bench: Bench) -> None:
    """Both servers, both kinds of clients; ratios of what was taken in a second."""
    certificate = self_signed("smtp.bench.test")
    with_ours(bench, certificate, lambda server: _measure(bench, server))
    with running_submission(bench.stand, certificate) as postfix:
        server = _Server(
            name="postfix",
            port=postfix.port,
            username=postfix.username,
            password=postfix.password,
            sender="shop@news.bench.test",
            groups={"postfix": [child.record.pid for child in postfix.children]},
            kept=lambda: postfix.held,
        )
        _measure(bench, server)
    figures = bench.figures
    for kind in _KINDS:
        ours, theirs = (figures[f"submission.{who}_{kind}_per_second"] for who in ("relay", "postfix"))
        figures[f"submission.ratio_to_postfix_{kind}"] = ours / theirs
        # Hardly moves where others use the machine.
        spent, allowed = (figures[f"submission.{who}_{kind}_cpu_ms"] for who in ("relay", "postfix"))
        figures[f"submission.cpu_ratio_to_postfix_{kind}"] = allowed / spent


def with_ours(bench: Bench, certificate: str, act: Callable[[_Server], None]) -> None:
    """Our server with a credential of the bench's organization."""
    stand = bench.stand
    made = stand.stage("credential", **bench.who)
    pem = stand.supervisor.data.root / "submission.pem"
    pem.write_text(certificate)
    pem.chmod(0o600)
    port = free_port()
    told = {**stand.environment, "RELAY_SUBMISSION_CERTIFICATE": str(pem)}
    argv = (sys.executable, "-m", "scripts.bench.submission_server", str(port), str(_PROCESSES))
    child = stand.supervisor.spawn(Program(name="submission", argv=argv, environment=told, stage=3))
    stand.supervisor.await_ready(child, greets(port, b"220"), seconds=_READY_SECONDS)
    try:
        act(
            _Server(
                name="relay",
                port=port,
                username=made["username"],
                password=made["password"],
                sender=f"shop@{bench.who['domain']}",
                groups={
                    "server": [child.record.pid],
                    "postgres": [stand.supervisor.children["postgres"].record.pid],
                },
                kept=lambda: int(stand.owner.execute(_COUNT).fetchall()[0][0]),
            )
        )
    finally:
        stand.stop(child)


def _measure(bench: Bench, server: _Server) -> None:
    _load(server, count=min(_WARM, bench.count), reuse=True)
    for kind, reuse in _KINDS.items():
        count = bench.count if reuse else max(1, bench.count // _FEWER)
        before, meter, busy = server.kept(), cost.Meter(server.groups), cost.Busy()
        told = _load(server, count=count, reuse=reuse)
        cpu = meter.spent()
        if (kept := server.kept() - before) != count:
            raise BenchFailed(f"{server.name} said 250 to {count:,} messages and has {kept:,}")
        rate, spent = count / told["seconds"], sum(cpu.values())
        title = {"reuse": "one session for many", "connect": "a session a message"}[kind]
        bench.lines.append(
            Line(
                name=f"submission, {server.name}: {title}"[:33],
                count=count,
                rate=rate,
                cpu_ms=1000 * spent / count,
                foreign=busy.foreign_share(spent + told["cpu"]),
            )
        )
        bench.figures |= {
            f"submission.{server.name}_{kind}_per_second": rate,
            f"submission.{server.name}_{kind}_cpu_ms": 1000 * spent / count,
            f"submission.{server.name}_{kind}_answer_p95_ms": told["p95_ms"],
            **{
                f"submission.{server.name}_{kind}_cpu_ms_{group}": 1000 * seconds / count
                for group, seconds in cpu.items()
            },
        }


def _load(server: _Server, *, count: int, reuse: bool) -> dict[str, Any]:
    task = {
        "port": server.port,
        "username": server.username,
        "password": server.password,
        "sender": server.sender,
        "recipients": [f"person{number}@{DOMAINS[number % len(DOMAINS)]}" for number in range(1000)],
        "count": count,
        "sessions": _SESSIONS,
        "reuse": reuse,
        "name": uuid.uuid4().hex,
    }
    argv = [sys.executable, "-m", "scripts.bench.submission_load", json.dumps(task)]
    ran = subprocess.run(argv, cwd=PROJECT, capture_output=True, text=True, check=False)
    if ran.returncode != 0:
        raise BenchFailed(f"the clients of {server.name} ended with {ran.returncode}:\n{ran.stderr[-2000:]}")
    told: dict[str, Any] = json.loads(ran.stdout)
    return told
