"""The bench's stand: PostgreSQL and Valkey as in production, the name server, the product's workers."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psycopg

from relay_saas.embedded import environment, records, services
from relay_saas.embedded.paths import PROJECT
from relay_saas.embedded.ports import Ports
from relay_saas.embedded.processes import Row, table
from relay_saas.embedded.supervisor import Child, Program, Supervisor, supervise
from scripts.product_run.product import NOT_INHERITED, free_ports

READY_SECONDS: Final = 90.0
#: Of the process table: what sends. The dashboard, the edge and the inbound server take no part.
_SENDING: Final = ("delivery", "tasks", "beat")
#: Production's retry times; the receiver stands on the loopback.
_SETTINGS: Final = {
    "RELAY_TIMINGS": "production",
    "RELAY_DELIVERY_NETWORKS": "127.0.0.0/8",
    "RELAY_STOP_GRACE": "30",
}


class BenchFailed(Exception):
    """A row did not come to its end, or its figures do not add up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """Everything that all rows share; made by `standing`."""

    supervisor: Supervisor
    ports: Ports
    environment: Mapping[str, str]
    #: The database as its owner, whom the policies let pass.
    owner: psycopg.Connection[Any]

    @property
    def dns(self) -> str:
        """host:port of the name server."""
        return self.environment["RELAY_DNS"]

    def stage(self, step: str, **values: Any) -> dict[str, Any]:
        """What one step of `scripts.bench.stage` says: the product's services in a process of their own."""
        ran = subprocess.run(
            [sys.executable, "-m", "scripts.bench.stage", step, json.dumps(values)],
            cwd=PROJECT,
            env=dict(self.environment),
            capture_output=True,
            text=True,
            check=False,
        )
        if ran.returncode != 0:
            raise BenchFailed(f"{step} ended with {ran.returncode}:\n{ran.stdout}\n{ran.stderr}")
        told: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
        return told

    @contextmanager
    def workers(self, settings: Mapping[str, str], *, profile: Path | None = None) -> Iterator[list[Child]]:
        """The product's workers with these settings; `profile` puts one sampled queue run in their place."""
        told = {**self.environment, **settings}
        rows = [row for row in table(self.supervisor.data, self.ports, told) if row.program.name in _SENDING]
        if profile is not None:
            rows = [row for row in rows if row.program.name != "delivery"]
        children = [self._start(row) for row in rows]
        if profile is not None:
            argv = (sys.executable, "-m", "scripts.bench.sampled_run", str(profile))
            program = Program(name="delivery", argv=argv, environment=told, stage=3, grace=45.0)
            children.insert(0, self.supervisor.spawn(program))
        try:
            yield children
        finally:
            self.stop(*children)

    @contextmanager
    def web(self, settings: Mapping[str, str], *beside: str) -> Iterator[None]:
        """The dashboard's and the API's server with these settings, and the rows of the process table that
        are named beside it."""
        told = {**self.environment, **settings}
        rows = table(self.supervisor.data, self.ports, told)
        children = [self._start(row) for row in rows if row.program.name in {"web", *beside}]
        try:
            yield
        finally:
            self.stop(*children)

    def _start(self, row: Row) -> Child:
        child = self.supervisor.spawn(row.program)
        self.supervisor.await_ready(child, row.ready, seconds=READY_SECONDS)
        return child

    def stop(self, *children: Child) -> None:
        """Ends these, and nothing else."""
        records.stop([child.record for child in children])
        for child in children:
            child.popen.wait()
            self.supervisor.children.pop(child.program.name, None)


@contextmanager
def standing(root: Path) -> Iterator[Stand]:
    """The stand in a new folder `root`; all of it is stopped at the end, the folder stays."""
    given = {name: value for name, value in os.environ.items() if not name.startswith(NOT_INHERITED)}
    with supervise(root) as supervisor:
        ports = free_ports()
        urls = services.start(supervisor, durable=True, owner_may_be_all=False, given=given)
        told = environment.product(supervisor.data, ports, urls, given | _SETTINGS)
        _name_server(supervisor, ports)
        supervisor.run(
            Program(
                name="prepare_database",
                argv=(sys.executable, "manage.py", "prepare_database"),
                environment=told,
                ends=True,
            )
        )
        with psycopg.connect(urls["DATABASE_OWNER_URL"], autocommit=True) as owner:
            yield Stand(supervisor=supervisor, ports=ports, environment=told, owner=owner)


def _name_server(supervisor: Supervisor, ports: Ports) -> None:
    argv = (
        *(sys.executable, "-m", "scripts.bench.destinations"),
        *(str(ports.dns), str(supervisor.data.root)),
    )
    supervisor.spawn(Program(name="dns", argv=argv, stage=2))
