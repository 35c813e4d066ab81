"""The limits that a provider enforces by refusing for a while: each counts its keys by itself."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from relay_saas.simulator.profiles.model import Brake

Keys = Callable[[str], tuple[str, ...]]


@dataclass(slots=True)
class _Count:
    """What one brake remembers of one key."""

    seen: deque[float] = field(default_factory=deque)
    until: float = 0.0
    bites: int = 0


class Brakes:
    """All brakes of a provider; they remember for as long as the process lives."""

    def __init__(self, brakes: tuple[Brake, ...]) -> None:
        self._brakes = brakes
        self._counts: dict[tuple[str, str], _Count] = {}

    def bite(self, stage: str, keys: Keys, now: float) -> tuple[Brake, str] | None:
        """The brake that refuses at this stage, and the key; `keys` gives what a message counts for.

        A message that is refused counts for no brake after that one.
        """
        for brake in self._brakes:
            if brake.stage != stage:
                continue
            for key in keys(brake.by):
                if (not brake.only or key in brake.only) and self._refuses(brake, key, now):
                    return brake, key
        return None

    def _refuses(self, brake: Brake, key: str, now: float) -> bool:
        count = self._counts.setdefault((brake.name, key), _Count())
        if now < count.until:
            return True
        while count.seen and count.seen[0] <= now - brake.seconds:
            count.seen.popleft()
        if len(count.seen) < brake.most or 0 < brake.times <= count.bites:
            count.seen.append(now)
            return False
        count.bites += 1
        count.until = now + brake.pause
        count.seen.clear()
        return True
