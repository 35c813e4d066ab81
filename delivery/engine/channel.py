"""One (source, site): the jobs that wait for it, the senders that serve it, and what it has taught."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from delivery.engine.job import Job
from delivery.engine.rates import Bucket
from delivery.engine.shape import Limits
from delivery.models.stream import Stream
from relay_saas.mail.shaping_feedback import Feedback

LOG = logging.getLogger(__name__)

_FIRST: Final = 2
#: Doublings of the pause after connections failed.
_LONGEST: Final = 6
#: Seconds of its rate that may be claimed ahead.
_AHEAD: Final = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One of our sending addresses."""

    id: int
    pool_id: int
    address: str
    helo: str

    @property
    def version(self) -> int:
        """The IP version that it speaks, and no other."""
        return 6 if ":" in self.address else 4

    def reaches(self, families: int) -> bool:
        """Whether a site with addresses of these families (1 is IPv4, 2 is IPv6) can be spoken to."""
        return bool(families & (2 if self.version == 6 else 1))


@dataclass(slots=True, kw_only=True)
class Channel:
    """Made when a site has work for the first time in this run."""

    source: Source
    site_id: int
    provider_id: int
    limits: Limits
    feedback: Feedback
    #: Rates that each message counts for.
    buckets: list[Bucket] = field(default_factory=list)
    #: Sessions that this run may have here, by what was learned, by the limits and by the others' share.
    sessions: int = 1
    jobs: deque[Job] = field(default_factory=deque)
    senders: set[asyncio.Task[None]] = field(default_factory=set)
    #: Senders with an open session.
    connected: int = 0
    #: Senders that wait for a job.
    waiting: deque[asyncio.Future[None]] = field(default_factory=deque)
    #: Loop time before which nothing is claimed for it: no server took a connection.
    quiet_until: float = 0
    #: Outages in a row.
    failures: int = 0
    #: After an outage: whether the one probe of all runs is ours.
    probing: bool = False
    #: Whether a session was ever opened, by any run.
    proven: bool = False
    #: Loop time before which no session is added: the site refused one beside those that stand.
    crowded_until: float = 0
    #: More senders than may be: so many end.
    excess: int = 0
    #: Since when (loop time) each busy sender is at its present connection or message.
    at_work: dict[asyncio.Task[Any], float] = field(default_factory=dict)
    #: Senders that are being connected: nothing was sent.
    opening: set[asyncio.Task[Any]] = field(default_factory=set)
    #: Senders that are on their way out.
    leaving: set[asyncio.Task[None]] = field(default_factory=set)
    #: No new job is awaited.
    closing: bool = False
    #: What was learned and not yet shared with other runs.
    news: bool = False

    @property
    def key(self) -> tuple[int, int]:
        """Source and site."""
        return self.source.id, self.site_id

    @property
    def pair(self) -> tuple[int, int]:
        """What the permits count by: source and provider."""
        return self.source.id, self.provider_id

    @property
    def source_id(self) -> int:
        """The address that it speaks from."""
        return self.source.id

    @property
    def pool_id(self) -> int:
        """The pool of that address."""
        return self.source.pool_id

    @property
    def max_messages(self) -> int:
        """RCPT commands of one session."""
        return self.limits.max_messages_per_connection

    @property
    def trusted(self) -> bool:
        """Whether it has shown that it takes mail, and not failed since."""
        return self.proven and not self.failures

    @property
    def active(self) -> bool:
        """Whether a sender is at work."""
        return len(self.senders) > len(self.waiting)

    @property
    def look_ahead(self) -> int:
        """Jobs that may be claimed and wait: what is leased cannot be cancelled, paused or shared."""
        ahead = 2 * max(_FIRST, self.connected)
        return min([ahead, *(bucket.rate.within(_AHEAD) for bucket in self.buckets)])

    @property
    def quiet(self) -> bool:
        """Whether nobody may knock: it took no connection, or another run probes."""
        away = asyncio.get_running_loop().time() < self.quiet_until
        return away or (self.failures > 0 and not self.connected and not self.probing)

    @property
    def room(self) -> int:
        """Jobs that may be claimed now."""
        if self.closing or self.quiet:
            return 0
        # After an outage, and at a site that nobody knows, one probe before anybody else.
        limit = self.look_ahead if self.connected or self.trusted else 1 - len(self.senders)
        return max(0, limit - len(self.jobs))

    @property
    def needed(self) -> int:
        """Senders that the waiting jobs could use beyond those that are idle."""
        if not self.connected and not self.trusted:
            return 1 if self.jobs and not self.senders else 0
        if self.connected and asyncio.get_running_loop().time() < self.crowded_until:
            return 0
        return max(0, min(len(self.jobs) - len(self.waiting), self.sessions - len(self.senders)))

    def dismissed(self, task: asyncio.Task[None]) -> None:
        """A sender has ended."""
        self.senders.discard(task)
        self.leaving.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            LOG.error("a sender failed", exc_info=error)

    @property
    def staying(self) -> int:
        """Senders that were not told to end."""
        return len(self.senders) - len(self.leaving) - self.excess

    def begin(self) -> None:
        """The sender that asks is at one connection or message until `end`."""
        self.at_work[_task()] = asyncio.get_running_loop().time()

    def end(self) -> None:
        """It is at nothing."""
        del self.at_work[_task()]

    @contextmanager
    def connecting(self) -> Iterator[None]:
        """While the sender that asks tries to reach a server."""
        task = _task()
        self.opening.add(task)
        try:
            yield
        finally:
            self.opening.discard(task)

    def slow(self, before: float) -> bool:
        """Whether a sender is still at what it began before that loop time."""
        return any(began < before for began in self.at_work.values())

    def leave(self) -> bool:
        """Whether the sender that asks has to end, because there are too many."""
        task = asyncio.current_task()
        if self.excess > 0 and task is not None:
            self.excess -= 1
            self.leaving.add(task)
        return task in self.leaving

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
            if self.closing or self.leave():
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
        self.probing, self.news = False, True
        self.feedback.went_away()

    def crowded(self, pause: float) -> None:
        """One session of several could not be opened: the others go on, this one ends."""
        self.excess += 1
        self.crowded_until = asyncio.get_running_loop().time() + pause
        self.feedback.refused()
        self.news = True

    def begin_again(self) -> None:
        """A suspension has ended: one probe, as after an outage. All runs know: there is no news to tell."""
        self.failures = max(1, self.failures)
        self.feedback.connections, self.feedback.delta = 1, 0.0

    def opened(self) -> None:
        """A session stands."""
        self.news = self.news or not self.trusted
        self.failures, self.quiet_until, self.probing, self.proven = 0, 0, False, True
        self.connected += 1

    def close(self) -> None:
        """Lets idle senders end, and the others after their queue."""
        self.closing = True
        while self.waiting:
            future = self.waiting.popleft()
            if not future.done():
                future.set_result(None)


def _task() -> asyncio.Task[Any]:
    task = asyncio.current_task()
    if task is None:
        raise RuntimeError("a channel is served by tasks alone")
    return task
