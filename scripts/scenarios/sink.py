"""The receivers' side of a scenario, read from the simulator's logs."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from relay_saas.simulator.tail import lines

Line = dict[str, Any]
Key = Callable[[Line], Any]


@dataclass(frozen=True, slots=True)
class Sink:
    """The folder of a running simulator."""

    folder: Path

    def received(self, **wanted: str) -> list[Line]:
        """What was taken, in the order of time; `wanted` are values that a line must have."""
        return self._read("received", wanted)

    def refused(self, **wanted: str) -> list[Line]:
        """What was refused."""
        return self._read("refused", wanted)

    def sessions(self, **wanted: str) -> list[Line]:
        """Connections that were opened and closed."""
        return self._read("sessions", wanted)

    def reactions(self, **wanted: str) -> list[Line]:
        """What people, scanners and providers did about it."""
        return self._read("reactions", wanted)

    def _read(self, kind: str, wanted: dict[str, str]) -> list[Line]:
        found = [
            line
            for line in lines(self.folder, kind)
            if all(line.get(name) == value for name, value in wanted.items())
        ]
        return sorted(found, key=lambda line: line["time"])


def domain(line: Line) -> str:
    """The recipient's domain."""
    return str(line["rcpt"]).rpartition("@")[2]


def sender(line: Line) -> str:
    """The domain of the return path without its first label: the tenant's sending domain."""
    return str(line["mail_from"]).rpartition("@")[2].partition(".")[2]


def most_at_once(sessions: Iterable[Line], key: Key) -> dict[Any, int]:
    """The highest number of connections that were open at the same time, by key."""
    now: Counter[Any] = Counter()
    most: dict[Any, int] = {}
    for line in sessions:
        of = key(line)
        now[of] += 1 if line["event"] == "opened" else -1
        most[of] = max(most.get(of, 0), now[of])
    return most


def share_of_time(sessions: Iterable[Line], key: Key, *, least: int, begin: float, end: float) -> float:
    """The mean share of the time from `begin` to `end` at which so many connections were open."""
    now: Counter[Any] = Counter()
    since: dict[Any, float] = {}
    enough: dict[Any, float] = defaultdict(float)
    for line in (*sessions, {"time": end, "event": "end"}):
        at = min(max(line["time"], begin), end)
        for of, count in now.items():
            if count >= least:
                enough[of] += at - max(since[of], begin)
            since[of] = at
        if line["event"] != "end":
            of = key(line)
            since.setdefault(of, at)
            now[of] += 1 if line["event"] == "opened" else -1
    whole = (end - begin) * len(now)
    return sum(enough.values()) / whole if whole else 0.0


def rate(received: Iterable[Line], begin: float, end: float) -> float:
    """Messages a second that were taken from `begin` to `end`."""
    taken = sum(1 for line in received if begin <= line["time"] < end)
    return taken / ((end - begin) or 1.0)
