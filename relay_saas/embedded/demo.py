"""The whole product by one command: services, migrations, processes, the story, and then it stays up."""

import os
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from relay_saas.embedded import environment, info, services, signals
from relay_saas.embedded.exceptions import ChildDied, Interrupted
from relay_saas.embedded.ports import LOCAL, Ports
from relay_saas.embedded.processes import STORY, Row, table
from relay_saas.embedded.supervisor import Program, Supervisor, supervise
from relay_saas.embedded.terminal import Terminal

READY_SECONDS = 90.0
# A worker that dies sooner than this has not worked; after so many in a row it never will.
TOO_SOON = 10.0
TOO_OFTEN = 5
INTERRUPTED = 130


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What `make demo` was asked for."""

    root: Path
    ports: Ports
    #: End with the story instead of staying up.
    leave: bool


def run(options: Options, terminal: Terminal) -> int:
    """Start, tell the story, stay up until asked to stop; the answer is the exit status.

    Raises the errors of `exceptions` after everything is stopped again.
    """
    with signals.noticed() as stopping:
        try:
            with supervise(options.root, stopping=stopping) as supervisor:
                supervisor.data.info.unlink(missing_ok=True)
                try:
                    return Demo(options, supervisor, terminal).run()
                finally:
                    supervisor.data.info.unlink(missing_ok=True)
                    terminal.say("stopping everything")
        except Interrupted:
            return INTERRUPTED if options.leave else 0


class Demo:
    """One run; owned by `run`."""

    def __init__(self, options: Options, supervisor: Supervisor, terminal: Terminal) -> None:
        self.options, self.supervisor, self.say = options, supervisor, terminal.say
        self.rows: dict[str, Row] = {}
        self.urls: dict[str, str] = {}
        self.early_deaths: Counter[str] = Counter()

    def run(self) -> int:
        """The steps in their order."""
        product = self.start_services()
        self.start_processes(product)
        status = self.tell_story(product)
        if self.options.leave:
            return status
        self.say_addresses(status)
        while True:
            self.watch()
            self.supervisor.pause()

    def start_services(self) -> dict[str, str]:
        """PostgreSQL, Valkey, migrations; the answer is the environment of the product's processes."""
        data, ports = self.supervisor.data, self.options.ports
        ports.check_free()
        self.say(f"starting in {data.root}")
        self.urls = services.start(self.supervisor, durable=True, owner_may_be_all=False, given=os.environ)
        self.say("PostgreSQL and Valkey are up")
        product = environment.product(data, ports, self.urls, os.environ)
        self.supervisor.run(_manage("prepare_database", product))
        self.say("the database is migrated")
        return product

    def start_processes(self, product: dict[str, str]) -> None:
        """All rows of the process table at once, then each is awaited."""
        rows = table(self.supervisor.data, self.options.ports, product)
        self.rows = {row.program.name: row for row in rows}
        children = [self.supervisor.spawn(row.program) for row in rows]
        for child, row in zip(children, rows, strict=True):
            self.supervisor.await_ready(child, row.ready, seconds=READY_SECONDS)
        self.write_info()
        self.say(f"running: {', '.join(self.rows)}")

    def tell_story(self, product: dict[str, str]) -> int:
        """Run the story on this terminal; the answer is its exit status."""
        story = self.supervisor.spawn(_manage("demo_story", product, stage=STORY, logged=False))
        while story.status is None:
            self.watch()
            self.supervisor.pause()
        return self.supervisor.wait(story)

    def watch(self) -> None:
        """Start dead workers again; raises ChildDied, naming the log file, where another process ended."""
        for name, child in list(self.supervisor.children.items()):
            if child.status is None or name == "demo_story":
                continue
            row = self.rows.get(name)
            age = time.time() - child.record.born
            self.early_deaths[name] = self.early_deaths[name] + 1 if age < TOO_SOON else 0
            if row is None or not row.restart or self.early_deaths[name] >= TOO_OFTEN:
                log = self.supervisor.data.log(name)
                raise ChildDied(f"{name} ended by itself with status {child.status}; see {log}")
            self.say(f"{name} ended with status {child.status} and is started again")
            self.supervisor.respawn(child)
            self.write_info()

    def write_info(self) -> None:
        """Let `make demo INFO=1` know the processes."""
        process_ids = {name: child.record.pid for name, child in self.supervisor.children.items()}
        info.write(self.supervisor.data, self.options.ports, self.urls, process_ids)

    def say_addresses(self, status: int) -> None:
        """Where to look, and how to sign in."""
        if status != 0:
            self.say(f"the story ended with status {status}; everything else stays up")
        told = info.story(self.supervisor.data)
        ports = self.options.ports
        self.say(f"dashboard  http://{LOCAL}:{ports.web}/")
        if told:
            self.say(f"           sign in as {told['owner_email']} with {told['owner_password']}")
        self.say(f"mailboxes  http://{LOCAL}:{ports.mailboxes}/")
        self.say("Ctrl-C stops everything")


def _manage(command: str, product: dict[str, str], *, stage: int = 0, logged: bool = True) -> Program:
    argv = (sys.executable, "manage.py", command)
    return Program(name=command, argv=argv, environment=product, stage=stage, logged=logged)
