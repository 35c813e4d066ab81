"""How many connections a site takes, learned from how it answers: one more after n successes, one less
after n failures, as Postfix does it."""

from dataclasses import dataclass


@dataclass(slots=True, kw_only=True)
class Feedback:
    """Of one sending address and one site."""

    #: At least 1; the whole part counts.
    connections: float
    #: What `connections` has changed by since it was last shared.
    delta: float = 0.0

    def succeeded(self, limit: int) -> None:
        """A message was answered as a server answers that has no quarrel with us."""
        self._change(min(1 / self.connections, max(0.0, limit - self.connections)))

    def refused(self) -> None:
        """A connection or a handshake failed beside others that stand, or we are too many or too fast."""
        self._change(-min(1 / self.connections, self.connections - 1))

    def went_away(self) -> None:
        """Nothing comes through any more: after that it begins with one."""
        self._change(1 - self.connections)

    def shared(self, connections: float) -> None:
        """What all that learn of this site have come to; what is not shared yet goes on top."""
        self.connections = max(1.0, connections + self.delta)

    def allowed(self, *, limit: int, runs: int) -> int:
        """Connections of one of so many runs; each has at least one."""
        return max(1, -(-min(int(self.connections), limit) // max(1, runs)))

    def _change(self, by: float) -> None:
        self.connections += by
        self.delta += by
