"""Who may come in: counts of connections and of failed sign-ins, in the memory of one process."""

import time
from collections import Counter, deque
from collections.abc import Callable
from typing import Final

from delivery.submission.limits import Limits

_MINUTE: Final = 60.0
_FAILURES_LAST: Final = 600.0
#: Addresses that are remembered at all.
_KEPT: Final = 100_000


class Gate:
    """One a process."""

    def __init__(self, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        self._limits = limits
        self._clock = clock
        self._peers: Counter[str] = Counter()
        self._credentials: Counter[int] = Counter()
        self._arrivals: dict[str, deque[float]] = {}
        self._failures: dict[str, deque[float]] = {}
        #: Octets of messages on their way in.
        self.buffered = 0

    def admit(self, peer: str) -> str | None:
        """Counts one more connection, or says why there is none."""
        if self._peers.total() >= self._limits.connections:
            return "421 4.3.2 Too many connections, try again later"
        if self._peers[peer] >= self._limits.from_one:
            return "421 4.7.0 Too many connections from your address"
        if self._count(self._arrivals, peer, _MINUTE) >= self._limits.new_in_minute:
            return "421 4.7.0 You connect too often, try again in a minute"
        self._note(self._arrivals, peer)
        self._peers[peer] += 1
        return None

    def dismiss(self, peer: str) -> None:
        """The connection is over."""
        self._peers[peer] -= 1
        if self._peers[peer] <= 0:
            del self._peers[peer]

    def sign_in(self, credential_id: int) -> bool:
        """Counts one more session of the credential, unless it has too many."""
        if self._credentials[credential_id] >= self._limits.of_credential:
            return False
        self._credentials[credential_id] += 1
        return True

    def sign_out(self, credential_id: int) -> None:
        """The session is over."""
        self._credentials[credential_id] -= 1
        if self._credentials[credential_id] <= 0:
            del self._credentials[credential_id]

    def fail(self, peer: str) -> None:
        """A sign-in failed."""
        self._note(self._failures, peer)

    def is_shut(self, peer: str) -> bool:
        """Whether so many sign-ins from there failed that no more are looked at."""
        return self._count(self._failures, peer, _FAILURES_LAST) >= self._limits.failures_of_address

    @property
    def connections(self) -> int:
        """Open ones."""
        return self._peers.total()

    def _count(self, table: dict[str, deque[float]], peer: str, window: float) -> int:
        times = table.get(peer)
        if times is None:
            return 0
        while times and times[0] < self._clock() - window:
            times.popleft()
        if not times:
            del table[peer]
            return 0
        return len(times)

    def _note(self, table: dict[str, deque[float]], peer: str) -> None:
        if len(table) >= _KEPT and peer not in table:
            table.clear()
        table.setdefault(peer, deque(maxlen=max(self._limits.new_in_minute, 100))).append(self._clock())
