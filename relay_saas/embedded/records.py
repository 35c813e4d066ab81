"""The children file: who runs, since when, how it wants to be stopped; and the ordered stop that reads it."""

import json
import os
import signal
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

PAUSE = 0.02
# Two readings of one process's start differ by less; another process with the same number started later.
SAME_START = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One running process; it leads a session of its own, so its id is that of the session as well."""

    name: str
    pid: int
    #: Start, seconds since the epoch.
    born: float
    #: The signal that asks it to stop.
    stop_signal: int
    #: Seconds until it is killed.
    grace: float
    #: Higher stages stop first; what shares a stage stops together.
    stage: int

    def process(self) -> psutil.Process | None:
        """The living process, or None where it ended (a zombie has ended)."""
        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.born) < SAME_START
            return process if same and process.status() != psutil.STATUS_ZOMBIE else None
        except psutil.NoSuchProcess:
            return None


def read(path: Path) -> list[Record]:
    """The records of the file; none where it is missing or was cut short."""
    try:
        return [Record(**entry) for entry in json.loads(path.read_text(encoding="utf-8"))]
    except (FileNotFoundError, ValueError, TypeError):
        return []


def write(path: Path, records: Iterable[Record]) -> None:
    """Replace the file at once, so that a kill leaves the old or the new one."""
    draft = path.with_suffix(".new")
    draft.write_text(json.dumps([asdict(record) for record in records]), encoding="utf-8")
    draft.replace(path)


def stop(records: Sequence[Record], report: Callable[[Record], None] | None = None) -> None:
    """Stop all, stage by stage, and what is left of their sessions; `report` hears of each that ran."""
    for stage in sorted({record.stage for record in records}, reverse=True):
        group = [record for record in records if record.stage == stage]
        running = [record for record in group if record.process() is not None]
        for record in running:
            _signal(record, signal.Signals(record.stop_signal))
        for record, deadline in [(record, time.monotonic() + record.grace) for record in running]:
            _await_end(record, deadline)
            if report is not None:
                report(record)
        for record in group:
            kill_session(record)


def kill_session(record: Record) -> None:
    """Kill what a process left behind in its session; nothing where its number is another process's."""
    if record.process() is None and _is_alive(record.pid):
        return
    members = _members(record)
    for member in members:
        with suppress(psutil.NoSuchProcess):
            member.kill()
    psutil.wait_procs(members, timeout=5)


def _is_alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _members(record: Record) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) == record.pid and process.create_time() >= record.born - SAME_START:
                found.append(process)
        except (ProcessLookupError, PermissionError, psutil.NoSuchProcess):
            continue
    return [process for process in found if process.is_running() and _is_alive(process.pid)]


def _signal(record: Record, number: signal.Signals) -> None:
    process = record.process()
    if process is not None:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(number)


def _await_end(record: Record, deadline: float) -> None:
    while record.process() is not None:
        if time.monotonic() > deadline:
            _signal(record, signal.SIGKILL)
        time.sleep(PAUSE)
