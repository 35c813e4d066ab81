"""One endpoint in a run: its calls in hand and the tasks that make them."""

import asyncio
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from relay_saas.net.connector import Connection
from tracking.courier.endpoint import Call, EndpointRow, Made
from tracking.courier.plan import TRIP, Verdict
from tracking.courier.sender import Wire, make

_BRIEFLY: Final = timedelta(seconds=1)


class Lane:
    """Calls in hand are leased; what is not made when it trips or the run ends goes back."""

    def __init__(self, wire: Wire, tell: Callable[[Made], None]) -> None:
        self.wire = wire
        self.queue: deque[Call] = deque()
        self.senders: set[asyncio.Task[None]] = set()
        #: In a row, as this run saw them.
        self.failures = wire.row.failures
        self.closing = False
        self._tell = tell
        #: Until the table says how long it rests.
        self._until = datetime.min.replace(tzinfo=UTC)

    @property
    def row(self) -> EndpointRow:
        """As it was read last."""
        return self.wire.row

    def renew(self, row: EndpointRow) -> None:
        """Takes what the table says now."""
        self.wire.row = row
        if not self.senders:
            self.failures = row.failures

    @property
    def probing(self) -> bool:
        """It failed often in a row: one call at a time finds out whether it is back."""
        return self.failures >= TRIP

    def resting(self) -> bool:
        """It is not to be called now, but for what a person waits for."""
        now = datetime.now(UTC)
        return self.probing and (self.row.resting(now) or now < self._until)

    def start(self, most: int) -> int:
        """Starts senders for what is in hand, at most so many; how many it started."""
        limit = 1 if self.probing else most
        number = max(0, min(limit - len(self.senders), len(self.queue)))
        for _ in range(number):
            task = asyncio.create_task(self._send())
            self.senders.add(task)
            task.add_done_callback(self.senders.discard)
        return number

    def shed(self) -> list[Call]:
        """What is in hand beyond what may be made now."""
        keep = 0 if self.resting() else 1
        if not self.probing or len(self.queue) <= keep:
            return []
        left = list(self.queue)
        self.queue = deque(left[:keep])
        return left[keep:]

    def take_back(self) -> list[Call]:
        """What was not made."""
        left, self.queue = list(self.queue), deque()
        return left

    async def _send(self) -> None:
        kept: Connection | None = None
        try:
            while self.queue and not self.closing:
                call = self.queue.popleft()
                was_probing = self.probing
                made, kept = await make(self.wire, call, kept)
                self.failures = 0 if made.verdict == Verdict.DELIVERED else self.failures + 1
                self._tell(made)
                if was_probing or self.probing:
                    self._until = datetime.now(UTC) + _BRIEFLY if self.probing else self._until
                    return
        finally:
            if kept is not None:
                kept.close()
