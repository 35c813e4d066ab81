"""The product in a scenario's world: PostgreSQL and Valkey as in production, the simulator, the workers."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, TypeVar

import psycopg

from relay_saas.embedded import environment, services
from relay_saas.embedded.paths import PROJECT, DataDir
from relay_saas.embedded.ports import Ports
from relay_saas.embedded.processes import Row, table
from relay_saas.embedded.supervisor import Program, Supervisor, supervise
from scripts.product_run.product import NOT_INHERITED, free_ports
from scripts.scenarios.report import Report
from scripts.scenarios.sink import Sink

READY_SECONDS: Final = 90.0
LOOK_SECONDS: Final = 0.1
WORLDS: Final = Path(__file__).with_name("worlds")
#: The dashboard and the edge take no part.
_PARTS: Final = ("simulator", "inbound", "delivery", "tasks", "beat")

Found = TypeVar("Found")


class ScenarioFailed(Exception):
    """A scenario did not come to its end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A running product; made by `running`."""

    supervisor: Supervisor
    ports: Ports
    environment: Mapping[str, str]
    #: The database as its owner, whom the policies let pass.
    owner: psycopg.Connection[Any]
    sink: Sink

    def stage(self, step: str, **values: Any) -> Any:
        """What a step of `scripts.scenarios.stage` says: services of the product, in a process of its own."""
        return json.loads(
            self._run("-m", "scripts.scenarios.stage", step, told=json.dumps(values)).splitlines()[-1]
        )

    def manage(self, *arguments: str) -> str:
        """What a command of `manage.py` prints."""
        return self._run("manage.py", *arguments)

    def _run(self, *arguments: str, told: str = "") -> str:
        ran = subprocess.run(
            [sys.executable, *arguments],
            cwd=PROJECT,
            env=dict(self.environment),
            input=told,
            capture_output=True,
            text=True,
            check=False,
        )
        if ran.returncode != 0:
            raise ScenarioFailed(f"{arguments[:3]} ended with {ran.returncode}:\n{ran.stdout}\n{ran.stderr}")
        return ran.stdout

    def rows(self, query: str, *parameters: object) -> list[Any]:
        """The rows of a query, asked as owner."""
        return self.owner.execute(query, parameters or None).fetchall()

    def value(self, query: str, *parameters: object) -> Any:
        """Its one value."""
        return self.rows(query, *parameters)[0][0]

    def wait(self, condition: Callable[[], Found], *, seconds: float, what: str) -> Found:
        """The first true answer; raises ScenarioFailed after so many seconds."""
        deadline = time.monotonic() + seconds
        while not (found := condition()):
            if time.monotonic() > deadline:
                raise ScenarioFailed(f"{what}: not within {seconds:.0f} s")
            time.sleep(LOOK_SECONDS)
        return found

    @property
    def open(self) -> int:
        """Messages that still wait."""
        return int(self.value("select count(*) from delivery_queueentry"))

    def settle(self, report: Report, *, seconds: float) -> None:
        """Waits until every campaign is expanded and the queue is empty: a claim of its own."""
        deadline = time.monotonic() + seconds
        while (left := self._unfinished()) and time.monotonic() < deadline:
            time.sleep(LOOK_SECONDS)
        report.claim(
            "the queue is empty at the end",
            f"{left} left after {seconds:.0f} s" if left else "yes",
            holds=not left,
        )

    def _unfinished(self) -> int:
        launching = "select count(*) from campaigns_campaign where finished_at is null and state <> 'draft'"
        return int(self.value(launching)) + self.open

    def add_host(self, name: str, egress: str, *, runs: int) -> None:
        """One more machine that sends, with a name, a folder and addresses of its own, by `run_queue`."""
        data = DataDir(root=self.supervisor.data.root / name)
        data.root.mkdir()
        told = {**self.environment, "RELAY_HOST_ID": name, "RELAY_EGRESS": egress}
        told |= {"RELAY_DATA_DIR": str(data.relay), "RELAY_QUEUE_RUNS": str(runs)}
        for number in range(runs):
            argv = (sys.executable, "manage.py", "run_queue")
            program = Program(name=f"{name}-{number}", argv=argv, environment=told, stage=3, grace=20.0)
            self.supervisor.spawn(program)

    def senders(self) -> list[int]:
        """The process ids of all queue runs that live."""
        return [pid for (pid,) in self.rows("select pid from delivery_queuerun where closed_at is null")]

    def respawn_dead(self) -> None:
        """Starts again what a scenario has killed; Celery does so itself with its children."""
        for child in list(self.supervisor.children.values()):
            if "run_queue" in child.program.argv and child.status is not None:
                self.supervisor.respawn(child)


@contextmanager
def running(world: Path, *, keep: bool = False, **settings: str) -> Iterator[Product]:
    """The product in the world of that folder; `settings` are added to its environment.

    Everything is stopped at the end; the folder below `var/` stays where the block fails, or with `keep`.
    """
    (PROJECT / "var").mkdir(exist_ok=True)
    root = Path(tempfile.mkdtemp(prefix=f"scenario-{world.name}-", dir=PROJECT / "var"))
    given = {name: value for name, value in os.environ.items() if not name.startswith(NOT_INHERITED)}
    # Its limits would end what a scenario does on purpose.
    given |= {"RELAY_STOP_GRACE": "10", "RELAY_CAMPAIGN_GUARD": "0", **settings}
    with supervise(root) as supervisor:
        ports = free_ports()
        urls = services.start(supervisor, durable=True, owner_may_be_all=False, given=given)
        told = environment.product(supervisor.data, ports, urls, given)
        _prepare(supervisor, told)
        rows = table(supervisor.data, ports, told, scenario=str(world))
        _start(supervisor, [row for row in rows if row.program.name in _PARTS])
        with psycopg.connect(urls["DATABASE_OWNER_URL"], autocommit=True) as owner:
            yield Product(
                supervisor=supervisor,
                ports=ports,
                environment=told,
                owner=owner,
                sink=Sink(supervisor.data.simulator),
            )
    shutil.rmtree(supervisor.data.sockets(), ignore_errors=True)
    if not keep:
        shutil.rmtree(root)


def _prepare(supervisor: Supervisor, told: Mapping[str, str]) -> None:
    argv = (sys.executable, "manage.py", "prepare_database")
    supervisor.run(Program(name="prepare_database", argv=argv, environment=told, ends=True))


def _start(supervisor: Supervisor, rows: list[Row]) -> None:
    children = [supervisor.spawn(_without_judge(row)) for row in rows]
    for child, row in zip(children, rows, strict=True):
        supervisor.await_ready(child, row.ready, seconds=READY_SECONDS)


def _without_judge(row: Row) -> Program:
    """Signatures are judged elsewhere; here every core is needed for the manners."""
    program = row.program
    return replace(program, argv=(*program.argv, "--no-judge")) if program.name == "simulator" else program
