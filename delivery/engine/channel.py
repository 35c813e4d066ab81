"""One (source, site): the jobs that wait for it, and the senders that serve it."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from delivery.engine.job import Job
from delivery.models.stream import Stream

LOG = logging.getLogger(__name__)

_FIRST: Final = 2
#: Doublings of the pause after connections failed.
_LONGEST: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One of our sending addresses."""

    id: int
    pool_id: int
    address: str
    helo: str


@dataclass(slots=True, kw_only=True)
class Channel:
    """Made when a site has work for the first time in this run."""

    source: Source
    site_id: int
    provider_id: int
    max_messages: int
    jobs: deque[Job] = field(default_factory=deque)
    senders: set[asyncio.Task[None]] = field(default_factory=set)
    #: Senders with an open session.
    connected: int = 0
    #: Senders that wait for a job.
    waiting: deque[asyncio.Future[None]] = field(default_factory=deque)
    #: Loop time before which nothing is claimed for it: no server took a connection.
    quiet_until: float = 0
    failures: int = 0
    #: Loop time before which no session is added: the site refused one beside those that stand.
    crowded_until: float = 0
    #: More senders than permits: so many end.
    excess: int = 0
    #: No new job is awaited.
    closing: bool = False

    @property
    def key(self) -> tuple[int, int]:
        """Source and site."""
        return self.source.id, self.site_id

    @property
    def pair(self) -> tuple[int, int]:
        """What the permits count by: source and provider."""
        return self.source.id, self.provider_id

    @property
    def active(self) -> bool:
        """Whether a sender is at work."""
        return len(self.senders) > len(self.waiting)

    @property
    def look_ahead(self) -> int:
        """Jobs that may be claimed and wait: what is leased cannot be cancelled, paused or shared."""
        return 2 * max(_FIRST, self.connected)

    @property
    def room(self) -> int:
        """Jobs that may be claimed now."""
        quiet = asyncio.get_running_loop().time() < self.quiet_until
        # After an outage one probe, and nobody else before it has come through.
        limit = (
            0 if quiet or self.closing else (1 if self.failures and not self.connected else self.look_ahead)
        )
        return max(0, limit - len(self.jobs))

    @property
    def needed(self) -> int:
        """Senders that the waiting jobs could use beyond those that are idle."""
        if self.failures and not self.connected:
            return 1 if self.jobs and not self.senders else 0
        if self.connected and asyncio.get_running_loop().time() < self.crowded_until:
            return 0
        return max(0, len(self.jobs) - len(self.waiting))

    def dismissed(self, task: asyncio.Task[None]) -> None:
        """A sender has ended."""
        self.senders.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            LOG.error("a sender failed", exc_info=error)

    def push(self, job: Job) -> None:
        """Adds a job; mail that a person waits for goes first."""
        if job.stream < Stream.MARKETING:
            self.jobs.appendleft(job)
        else:
            self.jobs.append(job)
        self.wake()

    def put_back(self, job: Job) -> None:
        """A job that was taken and not tried."""
        self.jobs.appendleft(job)

    def wake(self) -> None:
        """Lets one idle sender look again."""
        while self.waiting:
            future = self.waiting.popleft()
            if not future.done():
                future.set_result(None)
                return

    async def wait(self, seconds: float) -> Job | None:
        """The next job, still in its place; None after so many seconds, or when the sender may go."""
        while not self.jobs:
            if self.closing or self.excess > 0:
                return None
            future = asyncio.get_running_loop().create_future()
            self.waiting.append(future)
            try:
                async with asyncio.timeout(seconds):
                    await future
            except TimeoutError:
                return None
            finally:
                if future in self.waiting:
                    self.waiting.remove(future)
        return self.jobs[0]

    def take(self) -> Job | None:
        """The next job, out of its place; another sender may have been faster."""
        return self.jobs.popleft() if self.jobs else None

    def drain(self) -> list[Job]:
        """All jobs, out of their places."""
        jobs = list(self.jobs)
        self.jobs.clear()
        return jobs

    def remove(self, refused: Callable[[Job], bool]) -> list[Job]:
        """The waiting jobs that `refused` names, out of their places."""
        out = [job for job in self.jobs if refused(job)]
        if out:
            kept = [job for job in self.jobs if not refused(job)]
            self.jobs.clear()
            self.jobs.extend(kept)
        return out

    def failed(self, first_pause: float) -> None:
        """No server of the site took a connection."""
        pause = first_pause * 2 ** min(self.failures, _LONGEST)
        self.failures += 1
        self.quiet_until = asyncio.get_running_loop().time() + pause

    def crowded(self, pause: float) -> None:
        """One session of several could not be opened: the others go on, this one ends."""
        self.excess += 1
        self.crowded_until = asyncio.get_running_loop().time() + pause

    def opened(self) -> None:
        """A session stands."""
        self.failures, self.quiet_until = 0, 0
        self.connected += 1

    def close(self) -> None:
        """Lets idle senders end, and the others after their queue."""
        self.closing = True
        while self.waiting:
            future = self.waiting.popleft()
            if not future.done():
                future.set_result(None)
