"""The whole product by one command: services, migrations, processes, the story, and then it stays up."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from relay_saas.embedded import environment, info, services, signals
from relay_saas.embedded.exceptions import Interrupted
from relay_saas.embedded.ports import LOCAL, Ports
from relay_saas.embedded.processes import STORY, table
from relay_saas.embedded.supervisor import Program, Supervisor, supervise
from relay_saas.embedded.terminal import Terminal
from relay_saas.embedded.watch import Watch

READY_SECONDS = 90.0
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
        self.urls: dict[str, str] = {}

    def run(self) -> int:
        """The steps in their order."""
        product = self.start_services()
        watch = self.start_processes(product)
        status = self.tell_story(product, watch)
        if self.options.leave:
            return status
        self.say_addresses(status)
        while True:
            self.look_after(watch)

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

    def start_processes(self, product: dict[str, str]) -> Watch:
        """All rows of the process table at once, then each is awaited."""
        rows = table(self.supervisor.data, self.options.ports, product)
        children = [self.supervisor.spawn(row.program) for row in rows]
        for child, row in zip(children, rows, strict=True):
            self.supervisor.await_ready(child, row.ready, seconds=READY_SECONDS)
        self.write_info()
        by_name = {row.program.name: row for row in rows}
        self.say(f"running: {', '.join(by_name)}")
        return Watch(supervisor=self.supervisor, rows=by_name, report=self.say)

    def tell_story(self, product: dict[str, str], watch: Watch) -> int:
        """Run the story on this terminal; the answer is its exit status."""
        story = _manage("demo_story", product, stage=STORY, logged=False)
        return self.supervisor.run_beside(story, lambda: self.look_after(watch))

    def look_after(self, watch: Watch) -> None:
        """One look at the processes, and a pause."""
        if watch.check():
            self.write_info()
        self.supervisor.pause()

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
    return Program(name=command, argv=argv, environment=product, stage=stage, logged=logged, ends=True)
