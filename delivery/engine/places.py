"""Where a run left each lane: what it claimed before lies in front, and need not be walked over again.

In front of the place are rows that are leased, and rows that are gone but which an old snapshot keeps. What
is given back there is found when the lane seems empty, and every few seconds.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from delivery.engine.job import Job

#: Due time and message of the last entry that was claimed.
Place = tuple[datetime, UUID]
START: Final[Place] = (datetime.min.replace(tzinfo=UTC), UUID(int=0))
#: Seconds after which everything is looked at from the start.
_KEPT: Final = 10.0


class Places:
    """Of one run; `known` by lane."""

    def __init__(self) -> None:
        self.known: dict[int, Place] = {}
        self._renewed_at = 0.0

    def renew(self, now: float) -> None:
        """Forgets all of them when it is time; `now` is loop time."""
        if now - self._renewed_at > _KEPT:
            self.known.clear()
            self._renewed_at = now

    def keep(self, lanes: Iterable[int]) -> None:
        """Only these have due work behind their place; the others are looked at from the start next time."""
        self.known = {lane_id: self.known[lane_id] for lane_id in lanes if lane_id in self.known}

    def learn(self, wanted: Mapping[int, int], jobs: Sequence[Job]) -> set[int]:
        """What a claim of so many by lane brought; returns the lanes that gave less, and have no more now."""
        claimed: dict[int, list[Place]] = defaultdict(list)
        for job in jobs:
            claimed[job.lane_id].append((job.due_at, job.message_id))
        drained = {lane_id for lane_id, quota in wanted.items() if len(claimed[lane_id]) < quota}
        for lane_id in wanted:
            if lane_id in drained:
                self.known.pop(lane_id, None)
            else:
                self.known[lane_id] = max(claimed[lane_id])
        return drained
