"""One session after another to one site: takes a job, composes it, sends it, says what came of it."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from random import Random
from typing import Final

from delivery.engine.breaker import Breaker
from delivery.engine.channel import Channel
from delivery.engine.compose import Composer
from delivery.engine.config import EngineConfig
from delivery.engine.content import Contents
from delivery.engine.job import Job, Record
from delivery.engine.journal import Journal
from delivery.engine.lease import Lease
from delivery.engine.manners import Manners
from delivery.engine.outbox import Outbox
from delivery.engine.under_way import UnderWay
from delivery.engine.verdicts import BLOCKED, Moment, not_allowed, of_outcome, refused, unsent
from delivery.models.ledger import AttemptState
from relay_saas.mail.bounces import Category, Disposition, Verdict
from relay_saas.mail.dns import Candidates, Resolver, candidates
from relay_saas.mail.exceptions import MailError
from relay_saas.mail.replies import Stage
from relay_saas.mail.smtp.outcome import Kind, Outcome, Peer, SessionFailed, Veto
from relay_saas.mail.smtp.session import Options, Session, open_session
from relay_saas.mail.smtp.transaction import BadMessage
from relay_saas.mail.smtp.workarounds import Workarounds
from relay_saas.vault import SealBroken

LOG = logging.getLogger(__name__)

_NO_ADDRESS: Final = Verdict(category=Category.NETWORK_TEMP, disposition=Disposition.RETRY, rule="no_address")

#: What composing raises: what it says itself, and what a spoilt row comes to, which must fail alone instead
#: of ending its sender for ever.
_NOT_TO_BE_MADE: Final = (MailError, SealBroken, LookupError, TypeError, ValueError, AttributeError)


@dataclass(slots=True, kw_only=True)
class Workshop:
    """What all senders of a run share."""

    config: EngineConfig
    lease: Lease
    journal: Journal
    outbox: Outbox
    contents: Contents
    composer: Composer
    resolver: Resolver
    breaker: Breaker
    random: Random
    options: dict[int, Options]
    under_way: UnderWay = field(default_factory=UnderWay)
    manners: Manners = field(default_factory=Manners)
    #: Set by the run: nothing new is begun.
    stopping: bool = False
    #: The journal cannot be written, or a part of the run failed: it must end.
    broken: bool = False
    #: What MX hosts have shown of their extensions.
    workarounds: Workarounds = field(default_factory=Workarounds)

    def moment(self) -> Moment:
        """Now, for decisions."""
        return Moment(now=datetime.now(UTC), random=self.random.random(), timings=self.config.timings)

    def watch(self, task: asyncio.Task[None]) -> None:
        """A part of the run has ended; where it failed, the run ends, and the next one begins afresh."""
        if not task.cancelled() and (error := task.exception()) is not None:
            LOG.error("a part of the queue run failed", exc_info=error)
            self.broken = True

    def settle(self, job: Job, record: Record) -> None:
        """An outcome: first into the journal, then to the ledger, which takes it from a full disk, too."""
        try:
            self.journal.answered(job, record)
        except OSError:
            LOG.exception("the journal cannot be written: nothing more is sent")
            self.broken = True
        self.outbox.record(record)

    def turn_away(self, job: Job, reason: str) -> None:
        """It was not tried: ended where the reason is final, else given back."""
        if reason in BLOCKED:
            self.settle(job, unsent(job, self.moment(), BLOCKED[reason], reason))
        else:
            self.outbox.release(job)


class Sender:
    """Serves one channel until it has nothing to do; never more than one session at a time."""

    def __init__(self, shop: Workshop, channel: Channel) -> None:
        self._shop = shop
        self._channel = channel
        self._session: Session | None = None
        #: Addresses that lost a fresh session before it answered MAIL.
        self._avoided: set[str] = set()

    async def run(self) -> None:
        """The loop; never raises but for cancellation."""
        shop, channel = self._shop, self._channel
        try:
            while (
                not (shop.stopping or shop.broken)
                and (job := await channel.wait(channel.limits.idle_seconds)) is not None
            ):
                if channel.leave():
                    break
                channel.begin()
                try:
                    await self._one(job)
                finally:
                    channel.end()
        except OSError:
            LOG.exception("the journal cannot be written: nothing more is sent")
            shop.broken = True
        finally:
            await self._leave()

    async def _one(self, job: Job) -> None:
        """A connection where none stands, and the next message."""
        if not await self._ready(job):
            return
        taken = self._channel.take()
        if taken is not None and self._session is not None:
            self._shop.under_way.begin(taken)
            try:
                await self._send(taken, self._session)
            finally:
                self._shop.under_way.end(taken)

    async def _ready(self, job: Job) -> bool:
        """Whether a session stands; where none can be had, the job or the channel has learned of it."""
        session = self._session
        if session is not None and session.usable and session.rcpt_count < self._channel.max_messages:
            return True
        await self._leave()
        route = await self._shop.resolver.mx(job.domain)
        found = candidates(
            route,
            version=self._channel.source.version,
            networks=self._shop.config.networks,
            random=self._shop.random,
        )
        targets = [
            (host, address)
            for host, address in found.targets
            if address not in self._avoided and not self._shop.manners.avoids(self._channel, host.name)
        ]
        if not targets:
            self._no_target(found)
            return False
        last: Outcome | None = None
        for host, address in targets:
            peer = Peer(host=host.name, address=address, port=self._shop.config.smtp_port)
            try:
                with self._channel.connecting():
                    self._session = await self._open(peer)
            except SessionFailed as failure:
                last = failure.outcome
            else:
                self._channel.opened()
                return True
        if last is not None:
            self._unreachable(last)
        return False

    async def _open(self, peer: Peer) -> Session:
        workarounds = self._shop.workarounds
        channel = self._channel
        limited = replace(self._shop.options[channel.source.id], tls=channel.limits.tls)
        options = workarounds.applied(limited, peer.host)
        try:
            return await open_session(peer, options)
        except SessionFailed as failure:
            if not workarounds.learn(failure.outcome, options):
                raise
            return await open_session(peer, workarounds.applied(options, peer.host))

    def _no_target(self, found: Candidates) -> None:
        job = self._channel.take()
        if job is None:
            return
        self._avoided.clear()
        moment = self._shop.moment()
        if found.refused and not found.targets:
            self._shop.settle(job, not_allowed(job, moment, " ".join(found.refused)))
        else:
            seen = {"stage": str(Stage.CONNECT), "source_id": self._channel.source.id, "dated_at": moment.now}
            self._shop.settle(job, refused(job, _NO_ADDRESS, moment, seen))

    def _unreachable(self, outcome: Outcome) -> None:
        """No server took a connection: one job has tried for all, the others wait without an attempt."""
        channel = self._channel
        if channel.connected:
            self._shop.manners.heard(channel, None, outcome)
            channel.crowded(self._shop.config.outage.total_seconds())
            return
        job = channel.take()
        self._shop.manners.heard(channel, job, outcome)
        if job is not None:
            self._settle(job, outcome, self._shop.moment().now)
        channel.failed(self._shop.config.outage.total_seconds())
        untried = channel.drain()
        self._shop.manners.untried(channel, len(untried))
        for waiting in untried:
            self._shop.outbox.release(waiting)

    async def _send(self, job: Job, session: Session) -> None:
        shop = self._shop
        dated_at = job.dated_at or datetime.now(UTC)
        try:
            content = await shop.contents.get(job.tenant_id, job.content_id)
            outgoing = shop.composer.compose(job, content, dated_at=dated_at)
        except _NOT_TO_BE_MADE as problem:
            self._not_made(job, problem)
            return
        try:
            outcome = await session.transaction(
                outgoing, self._before_dot(job, dated_at), lambda: shop.under_way.look(job)
            )
        except BadMessage as problem:
            self._not_made(job, problem)
            return
        except OSError:
            shop.outbox.release(job)
            with contextlib.suppress(OSError):
                shop.journal.not_sent(job)
            raise
        shop.workarounds.learn(outcome, session.options)
        if outcome.kind is Kind.NOT_ATTEMPTED:
            self._channel.put_back(job)
        elif outcome.kind is Kind.VETOED:
            shop.turn_away(job, shop.under_way.reason(job))
        elif self._next_host(outcome):
            self._channel.put_back(job)
        else:
            self._avoided.clear()
            self._settle(job, outcome, dated_at, outgoing.size)
            shop.manners.heard(self._channel, job, outcome, sending_domain=content.domain)
            await shop.breaker.heard(self._channel.site_id, outcome)

    def _next_host(self, outcome: Outcome) -> bool:
        """A fresh session that was lost before MAIL was answered: the next host of the site is tried."""
        lost = outcome.kind is Kind.LOST_BEFORE_DATA and outcome.stage is Stage.MAIL and not outcome.reused
        if lost:
            self._avoided.add(outcome.peer.address)
        return lost

    def _before_dot(self, job: Job, dated_at: datetime) -> Callable[[], Awaitable[None]]:
        shop, source_id = self._shop, self._channel.source.id

        async def before_dot() -> None:
            if not shop.lease.holds:
                raise Veto("the lease ran out")
            shop.under_way.look(job)
            await shop.journal.about_to_send(job, dated_at=dated_at.timestamp(), source_id=source_id)
            if not shop.lease.holds:
                shop.journal.not_sent(job)
                raise Veto("the lease ran out")

        return before_dot

    def _settle(self, job: Job, outcome: Outcome, dated_at: datetime, size: int | None = None) -> None:
        moment, source_id = self._shop.moment(), self._channel.source.id
        record = of_outcome(job, outcome, moment, source_id=source_id, dated_at=dated_at, size=size)
        if record is None:
            self._shop.outbox.release(job)
        else:
            self._shop.settle(job, record)

    def _not_made(self, job: Job, problem: Exception) -> None:
        """The template does not fit this person, or the content cannot be signed."""
        moment = self._shop.moment()
        detail = f"{getattr(problem, 'code', type(problem).__name__)}: {problem}"
        self._shop.settle(job, unsent(job, moment, AttemptState.FAILED, "template_error", detail))

    async def _leave(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            self._channel.connected -= 1
            await session.quit()
