"""The process table: what a running relay consists of, beside PostgreSQL and Valkey."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass

from relay_saas.embedded import probes
from relay_saas.embedded.paths import DataDir
from relay_saas.embedded.ports import LOCAL, Ports
from relay_saas.embedded.probes import Probe
from relay_saas.embedded.supervisor import Program

# The order of stopping, highest first; Valkey and PostgreSQL are 1 and 0.
SIMULATOR, WORKERS, FRONT, STORY = 2, 3, 4, 5
# A worker ends when the last dot that it wrote is answered.
WORKER_GRACE = 45.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One process of the product."""

    program: Program
    ready: Probe
    #: Started again when it dies; without this its death stops everything.
    restart: bool = False


def table(
    data: DataDir, ports: Ports, environment: Mapping[str, str], *, scenario: str = "everyday"
) -> tuple[Row, ...]:
    """The rows in the order of their start; `scenario` names the simulator's, or a folder of profiles."""
    python = sys.executable

    def program(name: str, *argv: str, stage: int = FRONT, grace: float = 10.0) -> Program:
        return Program(name=name, argv=(python, *argv), environment=environment, stage=stage, grace=grace)

    def worker(name: str, queue: str, concurrency: str, pool: str = "prefork") -> Row:
        argv = (*CELERY, "worker", "-Q", queue, "-P", pool, "-c", concurrency, "-n", f"{name}@%h", *QUIET)
        return Row(
            program=program(name, *argv, stage=WORKERS, grace=WORKER_GRACE),
            ready=probes.says(data.log(name), " ready."),
            restart=True,
        )

    return (
        Row(
            program=program("simulator", *_simulator(data, ports, scenario), stage=SIMULATOR),
            ready=probes.answers_http(ports.mailboxes),
        ),
        Row(
            program=program("web", *_granian("asginl", "relay_saas.asgi:application", ports.web)),
            ready=probes.answers_http(ports.web),
            restart=True,
        ),
        Row(
            program=program("edge", *_granian("asgi", "tracking.edge.application:application", ports.edge)),
            ready=probes.answers_http(ports.edge),
            restart=True,
        ),
        Row(
            program=program("inbound", "manage.py", "run_inbound"), ready=probes.greets(ports.inbound, b"220")
        ),
        Row(
            program=program("submission", "manage.py", "run_submission"),
            ready=probes.greets(ports.submission, b"220"),
            restart=True,
        ),
        # A queue run keeps a worker's child for most of a minute: one child for each.
        worker("delivery", f"delivery.{environment['RELAY_HOST_ID']}", environment["RELAY_QUEUE_RUNS"]),
        # One process each instead of a parent and its child: memory counts on one machine.
        worker("tasks", "default", "1", "solo"),
        worker("jobs", "jobs", "2", "threads"),
        worker("webhooks", "webhooks", "1"),
        Row(program=program("beat", *BEAT, *_beat(data)), ready=probes.at_once),
    )


CELERY = ("-m", "celery", "-A", "relay_saas.celery")
BEAT = ("-m", "celery", "-A", "relay_saas.beat", "beat")
QUIET = ("-l", "info", "--without-gossip", "--without-mingle", "--without-heartbeat")


def _granian(interface: str, application: str, port: int) -> tuple[str, ...]:
    where = ("--host", LOCAL, "--port", str(port))
    # A worker that is stopped while it still starts never hears of it.
    workers = ("--workers", "1", "--workers-kill-timeout", "3")
    return ("-m", "granian", "--interface", interface, *where, *workers, "--no-ws", application)


def _beat(data: DataDir) -> tuple[str, ...]:
    # Without a pid file: one that a kill -9 left behind would stop the next start.
    return ("-l", "info", "--pidfile=", "--schedule", str(data.root / "beat-schedule"))


def _simulator(data: DataDir, ports: Ports, scenario: str) -> tuple[str, ...]:
    return (
        *("-m", "relay_saas.simulator", "--data", str(data.simulator), "--scenario", scenario),
        *("--dns-port", str(ports.dns), "--smtp-port", str(ports.smtp)),
        *("--mailboxes-port", str(ports.mailboxes), "--edge", f"{LOCAL}:{ports.edge}"),
        *("--inbound", f"{LOCAL}:{ports.inbound}", "--seed", "1"),
    )
