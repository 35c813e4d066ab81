"""The simulator's parent: starts the children, says when all are ready, stops them in order."""

import json
import logging
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from relay_saas.simulator.exceptions import SimulatorError
from relay_saas.simulator.options import Options

LOG = logging.getLogger(__name__)
READY_SECONDS = 30.0
STOP_SECONDS = 10.0
LOOK_SECONDS = 0.5
STATE_FILE = "simulator.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """A running child process."""

    name: str
    process: subprocess.Popen[bytes]
    #: The pipe on which it says that it listens.
    ready: int


def roles(options: Options) -> list[str]:
    """The children's names in the order in which they start; they stop in the reverse order."""
    names = ["dns", *(f"smtp-{number}" for number in range(1, options.smtp_processes + 1)), "mailboxes"]
    if options.judge:
        names.append("judge")
    if options.recipients and (options.edge or options.inbound):
        names.append("recipients")
    return names


def run(options: Options, announce: Callable[[str], object]) -> int:
    """Run until TERM or INT; `announce` gets "ready" once all listen. Returns the exit code."""
    options.folder.mkdir(parents=True, exist_ok=True)
    children: list[Child] = []
    with _stop_signals() as stopping:
        try:
            for name in roles(options):
                children.append(_start(name, options))  # noqa: PERF401  # those started must be stopped
            for child in children:
                _wait_ready(child)
            _write_state(options, children)
            announce("ready")
            while not stopping:
                dead = [child for child in children if child.process.poll() is not None]
                if dead:
                    raise SimulatorError(
                        "child_died", f"The simulator's process {dead[0].name} ended by itself."
                    )
                signal.sigtimedwait((), LOOK_SECONDS)
        finally:
            _stop(children)
            (options.folder / STATE_FILE).unlink(missing_ok=True)
    return 0


@contextmanager
def _stop_signals() -> Iterator[list[int]]:
    """Collect TERM and INT for as long as the children run."""
    caught: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        caught.append(number)

    before = {number: signal.signal(number, note) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield caught
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _start(name: str, options: Options) -> Child:
    """Start one child; all of them start at the same time."""
    reading, writing = os.pipe()
    command = [sys.executable, "-m", "relay_saas.simulator", "child", name]
    command += [str(os.getpid()), str(writing), options.to_json()]
    root = Path(__file__).parents[2]
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(filter(None, (str(root), os.environ.get("PYTHONPATH"))))
    }
    process = subprocess.Popen(command, pass_fds=(writing,), stdin=subprocess.DEVNULL, env=environment)
    os.close(writing)
    return Child(name=name, process=process, ready=reading)


def _wait_ready(child: Child) -> None:
    """Wait until a child listens; SimulatorError where it ends or stays silent instead."""
    try:
        ready, _, _ = select.select([child.ready], [], [], READY_SECONDS)
        if not ready or os.read(child.ready, 1) != b"1":
            raise SimulatorError("child_not_ready", f"The simulator's process {child.name} did not start.")
    finally:
        os.close(child.ready)


def _stop(children: list[Child]) -> None:
    deadline = time.monotonic() + STOP_SECONDS
    for child in reversed(children):
        child.process.terminate()
        try:
            child.process.wait(timeout=max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            LOG.warning("the simulator's process %s had to be killed", child.name)
            child.process.kill()
            child.process.wait()


def _write_state(options: Options, children: list[Child]) -> None:
    """What others need to find the running simulator."""
    state = {
        "scenario": options.scenario,
        "seed": options.seed,
        "dns": f"127.0.0.1:{options.dns_port}",
        "smtp_port": options.smtp_port,
        "mailboxes_url": f"http://127.0.0.1:{options.mailboxes_port}/",
        "edge": options.edge,
        "process_ids": {"parent": os.getpid(), **{child.name: child.process.pid for child in children}},
    }
    path = options.folder / STATE_FILE
    new = path.with_suffix(".new")
    new.write_text(json.dumps(state, indent=2) + "\n", encoding="utf-8")
    new.replace(path)
