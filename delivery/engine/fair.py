"""Who may claim how much of a room: streams in order, tenants of a stream in equal shares, those first that
waited longest."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from delivery.engine.claim import Lane


class Caps(Protocol):
    """What single lanes may have beside the room that they share."""

    def left(self, lane: Lane) -> int:
        """How much this lane may still be asked for."""

    def take(self, lane: Lane, n: int) -> None:
        """It is asked for so much."""


@dataclass(slots=True)
class Turns:
    """Deficit round robin with a quantum of one message: remembers who came last."""

    #: Orders those that were never served; a short run must not always begin with the same one.
    chance: Callable[[], float] = lambda: 0.0
    _last: dict[object, float] = field(default_factory=dict)
    _now: int = 0

    def order(self, keys: Sequence[object]) -> list[object]:
        """Those that were never served or longest ago come first."""
        return sorted(keys, key=lambda key: self._last.setdefault(key, self.chance()))

    def served(self, key: object) -> None:
        """It had more than the others this time."""
        self._now += 1
        self._last[key] = self._now

    def share(self, lanes: Sequence[Lane], room: int, caps: Caps) -> dict[int, int]:
        """How much to claim of each lane of one destination and stream; none more than `caps` leave it.

        What a capped tenant cannot use goes to the others.
        """
        by_tenant: dict[UUID, list[Lane]] = defaultdict(list)
        for lane in lanes:
            by_tenant[lane.tenant_id].append(lane)
        found: dict[int, int] = defaultdict(int)
        waiting = dict(by_tenant)
        while room > 0 and waiting:
            order = self.order([("tenant", lanes[0].site_id, tenant) for tenant in waiting])
            part, rest = divmod(room, len(order))
            for place, key in enumerate(order):
                tenant = key[2]  # type: ignore[index]  # the tuple of the line above
                amount = part + (place < rest)
                if not amount:
                    continue
                given = self._within(waiting[tenant], amount, caps, found)
                room -= given
                if given:
                    self.served(key)
                if given < amount:
                    del waiting[tenant]
        return dict(found)

    def _within(self, lanes: Sequence[Lane], amount: int, caps: Caps, found: dict[int, int]) -> int:
        """A tenant's part over its lanes; returns how much of it could be used."""
        given = 0
        order = self.order([("lane", lane.id) for lane in lanes])
        by_id = {("lane", lane.id): lane for lane in lanes}
        for place, key in enumerate(order):
            lane = by_id[key]  # type: ignore[index]  # the tuple of two lines above
            left = amount - given
            part = -(-left // (len(order) - place))
            n = max(0, min(part, caps.left(lane)))
            if n:
                caps.take(lane, n)
                found[lane.id] += n
                given += n
                self.served(key)
        return given


def streams(lanes: Sequence[Lane]) -> list[list[Lane]]:
    """The lanes by stream, system first and marketing last."""
    by_stream: dict[int, list[Lane]] = defaultdict(list)
    for lane in lanes:
        by_stream[lane.stream].append(lane)
    return [by_stream[stream] for stream in sorted(by_stream)]
