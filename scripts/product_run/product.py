"""The whole product for one module of tests or one fault: services, processes, simulator, organization."""

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import psycopg

from relay_saas.embedded import environment, services
from relay_saas.embedded.exceptions import PortTaken
from relay_saas.embedded.paths import PROJECT, DataDir
from relay_saas.embedded.ports import Ports
from relay_saas.embedded.processes import Row, table
from relay_saas.embedded.supervisor import Child, Program, Supervisor, supervise
from scripts.product_run.waiting import Missing, must

READY_SECONDS = 90.0
COMMAND_SECONDS = 120.0
#: Below the ports that the kernel gives to clients.
BASES = range(20_000, 32_000, 100)
#: What a shell or a run of tests may have set, and the product must not inherit.
NOT_INHERITED = ("DATABASE_", "REDIS_", "RELAY_", "DJANGO_", "PYTEST_")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """The organization and who signs in for it."""

    tenant: str
    tenant_id: str
    api_key: str
    marketer: str
    password: str
    domain: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A running product; made by `running`."""

    supervisor: Supervisor
    ports: Ports
    environment: Mapping[str, str]
    rows: Mapping[str, Row]
    owner: psycopg.Connection[Any]
    cast: Cast

    @property
    def data(self) -> DataDir:
        """Its folder."""
        return self.supervisor.data

    @property
    def receivers(self) -> Path:
        """The simulator's folder, with the receivers' logs."""
        return self.data.simulator

    @property
    def owner_url(self) -> str:
        """The database as its owner."""
        return self.environment["DATABASE_OWNER_URL"]

    def process(self, name: str) -> Child:
        """A row of the process table as it runs now."""
        return self.supervisor.children[name]

    def manage(self, *arguments: str) -> str:
        """What a command of `manage.py` prints; fails the test where it ends with an error."""
        return run_python("manage.py", *arguments, environment=self.environment)

    def respawn(self, name: str) -> None:
        """Start an ended process again, and wait until it is ready."""
        child = self.supervisor.respawn(self.process(name))
        ready = self.rows[name].ready
        self.supervisor.await_ready(child, ready, seconds=READY_SECONDS)


def run_python(*arguments: str, environment: Mapping[str, str]) -> str:
    """The output of a Python program in the product's environment."""
    ran = subprocess.run(
        [sys.executable, *arguments],
        cwd=PROJECT,
        env=dict(environment),
        capture_output=True,
        text=True,
        timeout=COMMAND_SECONDS,
        check=False,
    )
    must(ran.returncode == 0, f"{arguments} ended with {ran.returncode}:\n{ran.stdout}\n{ran.stderr}")
    return ran.stdout


@contextmanager
def running(
    scenario: Path, *, keep: Callable[[], bool] = lambda: False, **settings: str
) -> Iterator[Product]:
    """The product in the world of the folder `scenario`; `settings` are added to its environment.

    PostgreSQL and Valkey run with the settings of production. Everything is stopped at the end and asserted
    to be gone; the folder stays only where the block fails, or where `keep` says so afterwards.
    """
    (PROJECT / "var").mkdir(exist_ok=True)
    root = Path(tempfile.mkdtemp(prefix=f"e2e-{scenario.name}-", dir=PROJECT / "var"))
    with supervise(root) as supervisor:
        with _started(supervisor, scenario, settings) as product:
            yield product
        family = _family(supervisor)
    _gone, left = psutil.wait_procs(family, timeout=10)
    must(not left, f"still running: {left}")
    shutil.rmtree(supervisor.data.sockets(), ignore_errors=True)
    if not keep():
        shutil.rmtree(root)


@contextmanager
def _started(supervisor: Supervisor, scenario: Path, settings: Mapping[str, str]) -> Iterator[Product]:
    given = {name: value for name, value in os.environ.items() if not name.startswith(NOT_INHERITED)}
    given |= {"RELAY_STOP_GRACE": "30", "RELAY_UNDO_SECONDS": "0", **settings}
    ports = free_ports()
    urls = services.start(supervisor, durable=True, owner_may_be_all=False, given=given)
    told = environment.product(supervisor.data, ports, urls, given)
    supervisor.run(_program("prepare_database", "manage.py", "prepare_database", environment=told))
    rows = table(supervisor.data, ports, told, scenario=str(scenario))
    children = [supervisor.spawn(row.program) for row in rows]
    for child, row in zip(children, rows, strict=True):
        supervisor.await_ready(child, row.ready, seconds=READY_SECONDS)
    with psycopg.connect(urls["DATABASE_OWNER_URL"], autocommit=True) as owner:
        yield Product(
            supervisor=supervisor,
            ports=ports,
            environment=told,
            rows={row.program.name: row for row in rows},
            owner=owner,
            cast=_cast(told),
        )


def free_ports() -> Ports:
    """Ports that nobody uses, counted from a base by chance."""
    for base in random.sample(BASES, len(BASES)):
        ports = Ports(base=base)
        try:
            ports.check_free()
        except PortTaken:
            continue
        return ports
    raise Missing("no free ports")


def _cast(told: Mapping[str, str]) -> Cast:
    said = json.loads(run_python("-m", "scripts.product_run.cast", environment=told))
    must(said["verified"] == "verified", said)
    return Cast(
        tenant=said["tenant"],
        tenant_id=said["tenant_id"],
        api_key=said["api_key"],
        marketer=said["marketer"],
        password=said["owner_password"],
        domain=said["domain"],
    )


def _program(name: str, *argv: str, environment: Mapping[str, str]) -> Program:
    return Program(name=name, argv=(sys.executable, *argv), environment=environment, ends=True)


def _family(supervisor: Supervisor) -> list[psutil.Process]:
    """Everything that runs below us for this product."""
    found = []
    for child in supervisor.children.values():
        process = child.record.process()
        if process is not None:
            found += [process, *process.children(recursive=True)]
    return found
