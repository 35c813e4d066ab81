"""What processes cost: CPU seconds of whole families, ended members included, and the memory of workers."""

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

import psutil

_SECONDS: Final = 2.0


class Meter:
    """CPU by group; a group is a set of root processes with everything below them."""

    def __init__(self, groups: Mapping[str, Sequence[int]]) -> None:
        self._groups = {name: [psutil.Process(pid) for pid in pids] for name, pids in groups.items()}
        self._before = self._now()

    def spent(self) -> dict[str, float]:
        """CPU seconds of each group since the meter was made."""
        return {name: seconds - self._before[name] for name, seconds in self._now().items()}

    def _now(self) -> dict[str, float]:
        return {name: sum(map(family_seconds, roots)) for name, roots in self._groups.items()}


def family_seconds(root: psutil.Process) -> float:
    """User and system time of a process, of all below it that live, and of all that have ended."""
    total = 0.0
    for process in [root, *root.children(recursive=True)]:
        try:
            total += sum(process.cpu_times()[:4])
        except psutil.NoSuchProcess:
            continue
    return total


class Memory:
    """The largest PSS that any of the watched workers had."""

    def __init__(self, root: int) -> None:
        self._root = psutil.Process(root)
        self._ended = threading.Event()
        self.most_mb = 0.0

    @contextmanager
    def watched(self) -> Iterator["Memory"]:
        """Looks every two seconds: reading a process's maps costs a millisecond or two."""
        thread = threading.Thread(target=self._watch)
        thread.start()
        try:
            yield self
        finally:
            self._ended.set()
            thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(_SECONDS):
            self.look()

    def look(self) -> None:
        """Measures once."""
        for process in [self._root, *self._root.children(recursive=True)]:
            try:
                self.most_mb = max(self.most_mb, process.memory_full_info().pss / 1024 / 1024)
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                continue


def steal_seconds() -> float:
    """CPU time that the hypervisor gave to others since boot."""
    return float(getattr(psutil.cpu_times(), "steal", 0.0))


class Busy:
    """How much of the machine others used: all CPU minus what our groups spent, as a share of the time."""

    def __init__(self) -> None:
        self._began, self._before = time.monotonic(), _busy_seconds()

    def foreign_share(self, ours: float) -> float:
        """0.0 on an idle machine; 1.0 where others took all of it."""
        whole = (time.monotonic() - self._began) * (psutil.cpu_count() or 1)
        return max(0.0, _busy_seconds() - self._before - ours) / whole


def _busy_seconds() -> float:
    times = psutil.cpu_times()
    return sum(times) - times.idle - getattr(times, "iowait", 0.0) - times.guest - times.guest_nice
