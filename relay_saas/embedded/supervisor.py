"""Starts processes so that none outlives us: own sessions, a children file, a guardian, an ordered stop."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from signal import Signals

import psutil

from relay_saas.embedded import lock, records
from relay_saas.embedded.exceptions import DidNotStart, Interrupted, StepFailed
from relay_saas.embedded.paths import PROJECT, DataDir
from relay_saas.embedded.privileges import Identity, command
from relay_saas.embedded.records import Record

PAUSE = 0.03


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What to run, and how to end it."""

    name: str
    argv: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    stop_signal: Signals = Signals.SIGTERM
    #: Seconds between the stop signal and SIGKILL.
    grace: float = 10.0
    #: Higher stages stop first.
    stage: int = 0
    identity: Identity = Identity.SELF
    #: False: standard output is the terminal's, not the log file.
    logged: bool = True
    #: True: it ends by itself, and its end is no death.
    ends: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """A program that was started."""

    program: Program
    popen: subprocess.Popen[bytes]
    record: Record

    @property
    def status(self) -> int | None:
        """The exit status, or None while it runs."""
        return self.popen.poll()


class Supervisor:
    """The processes of one data folder. Made by `supervise`, which stops them."""

    def __init__(self, data: DataDir, stopping: Callable[[], bool]) -> None:
        self.data = data
        self._stopping = stopping
        self.children: dict[str, Child] = {}

    def spawn(self, program: Program) -> Child:
        """Start a program in a session of its own, its output in its log file."""
        argv = command(
            program.argv, identity=program.identity, death_signal=program.stop_signal, parent=os.getpid()
        )
        with self.data.log(program.name).open("ab") as log:
            popen = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=log if program.logged else None,
                stderr=log if program.logged else None,
                cwd=PROJECT,
                env=dict(program.environment),
                start_new_session=True,
            )
        child = Child(program=program, popen=popen, record=_record(program, popen.pid))
        self.children[program.name] = child
        self._write()
        return child

    def respawn(self, child: Child) -> Child:
        """Start an ended program again, after what is left of its session is gone."""
        records.kill_session(child.record)
        return self.spawn(child.program)

    def run(self, program: Program) -> None:
        """Run a program to its end; raises StepFailed, naming its log file, where it ends with an error."""
        status = self.run_beside(program, self.pause)
        if status != 0:
            log = self.data.log(program.name)
            raise StepFailed(f"{program.name} ended with status {status}; see {log}")

    def run_beside(self, program: Program, meanwhile: Callable[[], None]) -> int:
        """The exit status of a program that ends by itself; `meanwhile` is called over and over."""
        child = self.spawn(program)
        while (status := child.status) is None:
            meanwhile()
        records.kill_session(child.record)
        self.children.pop(program.name)
        self._write()
        return status

    def await_ready(self, child: Child, ready: Callable[[], bool], *, seconds: float) -> None:
        """Wait until `ready`; raises DidNotStart where the process ends first or the time runs out."""
        name, deadline = child.program.name, time.monotonic() + seconds
        while not ready():
            if child.status is not None or time.monotonic() > deadline:
                state = "is silent" if child.status is None else f"ended with status {child.status}"
                raise DidNotStart(f"{name} did not start: it {state}; see {self.data.log(name)}")
            self.pause()

    def pause(self) -> None:
        """Wait a moment for something to happen; raises Interrupted once we were asked to stop."""
        if self._stopping():
            raise Interrupted("asked to stop")
        time.sleep(PAUSE)

    def stop(self) -> None:
        """Stop everything, later stages first."""
        records.stop([child.record for child in self.children.values()])
        for child in self.children.values():
            child.popen.wait()
        self.children.clear()
        self.data.children.unlink(missing_ok=True)

    def _write(self) -> None:
        records.write(self.data.children, [child.record for child in self.children.values()])


@contextmanager
def supervise(root: Path, *, stopping: Callable[[], bool] = lambda: False) -> Iterator[Supervisor]:
    """A supervisor for the folder `root`; what an earlier one left is stopped first, and its own on leaving.

    `stopping` is asked at every pause. Raises AlreadyRunning where another one holds the folder.
    """
    data = DataDir.at(root)
    with lock.hold(data.lock) as held:
        records.stop(records.read(data.children))
        supervisor = Supervisor(data, stopping)
        guardian = _guardian(data, held)
        try:
            yield supervisor
        finally:
            supervisor.stop()
            guardian.communicate()


def _guardian(data: DataDir, held: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "relay_saas.embedded.guardian", str(data.children)],
        stdin=subprocess.PIPE,
        cwd=PROJECT,
        pass_fds=(held,),
        start_new_session=True,
    )


def _record(program: Program, pid: int) -> Record:
    return Record(
        name=program.name,
        pid=pid,
        born=psutil.Process(pid).create_time(),
        stop_signal=int(program.stop_signal),
        grace=program.grace,
        stage=program.stage,
    )
