"""Rates as a virtual schedule (GCRA): how many of so many may go now, time as an argument."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rate:
    """Messages per minute; what may go at once is what one second brings, at least one."""

    per_minute: int

    @property
    def step(self) -> float:
        """Seconds between two messages."""
        return 60 / self.per_minute

    @property
    def burst(self) -> int:
        """Messages that may go at once after a pause."""
        return max(1, self.per_minute // 60)

    def within(self, seconds: float) -> int:
        """What so many seconds bring, at least one."""
        return max(1, int(seconds / self.step))

    def shared(self, parts: int) -> "Schedule":
        """The schedule of one of so many that cannot see each other."""
        return Schedule(step=self.step * max(1, parts), burst=max(1, self.burst // max(1, parts)))


@dataclass(slots=True)
class Schedule:
    """One schedule kept by itself. It begins empty: whoever kept it before may have used all of it."""

    step: float
    burst: int
    #: When the next message would be due if all were spread evenly; None: never asked.
    due: float | None = None

    def take(self, wanted: int, now: float) -> int:
        """How many of `wanted` may go now; they count as gone."""
        full = now + self.burst * self.step
        if self.due is None:
            self.due = full
        due = min(max(self.due, now), full)
        granted = min(wanted, int((full - due) / self.step + 1e-9))
        self.due = due + granted * self.step
        return granted
