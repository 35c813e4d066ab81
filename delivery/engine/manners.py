"""What the answers of sites teach: connections by success and failure, outages, and the rules that replies
fire. Learned in memory, shared through PostgreSQL with all runs of all hosts."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from psycopg import AsyncConnection

from delivery.engine.channel import Channel
from delivery.engine.job import Job
from delivery.engine.manners_sql import (
    BEGIN_AGAIN,
    COUNT_HIT,
    FORGET_HITS,
    FORGET_RULE,
    PROBE,
    READ,
    SHARE,
    START_OVER,
)
from delivery.engine.policy import Policies, raise_policy
from delivery.engine.shape import rules
from delivery.engine.verdicts import verdict_of
from delivery.models.policy import PolicyAction, Scope
from delivery.services.timings import timings
from relay_saas.mail.bounces import Category, Verdict
from relay_saas.mail.replies import Reply
from relay_saas.mail.shaping_rules import Rule, RuleScope, without_addresses
from relay_saas.mail.smtp.outcome import Kind, Outcome

#: Refusals that say that we are too many or too fast.
_QUARREL: Final = frozenset({Category.RATE_LIMITED, Category.REPUTATION_BLOCK})
_CLOSING: Final = 421
#: Another run's probe lasts at most so long (as in PROBE), and is asked about so often.
_PROBE_SECONDS, _ASK_SECONDS = 40.0, 2.0


@dataclass(slots=True, kw_only=True)
class _Heard:
    """A rule in one scope since the last time that it was shared."""

    rule: Rule
    scope: Scope
    reply: str
    n: int = 0


@dataclass(slots=True)
class Manners:
    """Of one run."""

    #: What holds now; renewed by the lookout.
    policies: Policies = field(default_factory=Policies)
    #: Pairs (source, provider) that are being warmed up.
    warming: set[tuple[int, int]] = field(default_factory=set)
    #: What of a warm-up was taken and not accepted, per pair.
    refunds: Counter[tuple[int, int]] = field(default_factory=Counter)
    _heard: dict[tuple[str, Scope], _Heard] = field(default_factory=dict)

    @property
    def urgent(self) -> bool:
        """Whether a rule was heard and not counted yet."""
        return bool(self._heard)

    def avoids(self, channel: Channel, host: str) -> bool:
        """Whether this one server of a site is suspended."""
        found = self.policies.blocks_host(
            provider_id=channel.provider_id, site_id=channel.site_id, source_id=channel.source.id, host=host
        )
        return found is not None

    def heard(
        self,
        channel: Channel,
        job: Job | None,
        outcome: Outcome,
        verdict: Verdict | None = None,
        *,
        sending_domain: str = "",
    ) -> None:
        """After every outcome and failed connection; `job` is None where no message was tried."""
        limit = channel.limits.max_connections
        if outcome.delivered:
            channel.feedback.succeeded(limit)
            return
        if outcome.kind is Kind.IN_DOUBT:
            return
        if job is not None:
            self.untried(channel, 1)
        reply = outcome.reply
        if reply is None or outcome.kind is Kind.UNSUPPORTED:
            return
        category = (verdict or verdict_of(outcome)).category
        if category in _QUARREL or reply.code == _CLOSING:
            channel.feedback.refused()
        else:
            channel.feedback.succeeded(limit)
        rule = rules().heard(channel.limits.name, reply)
        if rule is not None:
            self._count(rule, channel, job, reply, sending_domain)

    def untried(self, channel: Channel, n: int) -> None:
        """So many claimed messages were not accepted: a warm-up gets them back."""
        if channel.pair in self.warming:
            self.refunds[channel.pair] += n

    def _count(
        self, rule: Rule, channel: Channel, job: Job | None, reply: Reply, sending_domain: str
    ) -> None:
        scope = scope_of(rule, channel, job, sending_domain)
        if scope is not None:
            heard = self._heard.setdefault((rule.id, scope), _Heard(rule=rule, scope=scope, reply=""))
            heard.n += 1
            heard.reply = str(reply)

    async def share(self, connection: AsyncConnection, channels: Iterable[Channel]) -> None:
        """Writes what was learned, takes over what other runs have learned."""
        await self._share_rules(connection)
        told = [channel for channel in channels if channel.news or channel.feedback.delta]
        if not told:
            return
        now = asyncio.get_running_loop().time()
        found = await connection.execute(
            SHARE,
            {
                "sources": [channel.source.id for channel in told],
                "sites": [channel.site_id for channel in told],
                "starts": [float(channel.feedback.connections) for channel in told],
                "deltas": [float(channel.feedback.delta) for channel in told],
                "limits": [channel.limits.max_connections for channel in told],
                "failures": [channel.failures if channel.news else None for channel in told],
                "quiet": [max(0.0, channel.quiet_until - now) for channel in told],
                "opened": [channel.news and channel.proven and not channel.failures for channel in told],
            },
        )
        by_key = {channel.key: channel for channel in told}
        for channel in told:
            channel.news, channel.feedback.delta = False, 0.0
        for source_id, site_id, connections in await found.fetchall():
            by_key[source_id, site_id].feedback.shared(connections)

    async def _share_rules(self, connection: AsyncConnection) -> None:
        heard, self._heard = self._heard, {}
        for one in sorted(heard.values(), key=lambda one: (one.rule.id, str(one.scope))):
            key = json.dumps(one.scope.parts(), default=str, sort_keys=True)
            values = {"rule": one.rule.id, "scope": key, "n": one.n}
            row = await (await connection.execute(COUNT_HIT, values)).fetchone()
            if row is not None and row[0] >= one.rule.hits:
                await self._fire(connection, one)
                await connection.execute(FORGET_RULE, values)
        if heard:
            await connection.execute(FORGET_HITS)

    async def _fire(self, connection: AsyncConnection, one: _Heard) -> None:
        for act in one.rule.acts:
            await raise_policy(
                connection,
                scope=one.scope,
                action=PolicyAction(act.action),
                value=act.value,
                lasts=one.rule.lasts * timings().rule_pace,
                rule=one.rule.id,
                evidence=without_addresses(one.reply),
                reason=f"replies fired {one.rule.id} ({one.rule.source})",
                set_by="rule",
            )
            if act.action == PolicyAction.SUSPEND and one.scope.source_id is not None:
                await connection.execute(
                    START_OVER,
                    {
                        "source_id": one.scope.source_id,
                        "site_id": one.scope.site_id,
                        "provider_id": one.scope.provider_id,
                    },
                )


async def read(connection: AsyncConnection, channels: Sequence[Channel]) -> None:
    """What all runs have learned about channels that this one has just made."""
    found = await connection.execute(READ, _keys(channels))
    now = asyncio.get_running_loop().time()
    by_key = {channel.key: channel for channel in channels}
    for source_id, site_id, connections, failures, quiet, opened in await found.fetchall():
        channel = by_key[source_id, site_id]
        channel.feedback.shared(connections)
        channel.failures, channel.proven = failures, opened
        channel.quiet_until = now + quiet


async def take_probes(connection: AsyncConnection, channels: Sequence[Channel]) -> None:
    """After an outage: one run of all gets the probe; the others learn whether it came through."""
    now = asyncio.get_running_loop().time()
    asking = [
        channel
        for channel in channels
        if channel.failures and not (channel.connected or channel.probing or channel.news)
        if now >= channel.quiet_until
    ]
    if not asking:
        return
    by_key = {channel.key: channel for channel in asking}
    found = await connection.execute(PROBE, _keys(asking))
    for source_id, site_id, won, failures, quiet in await found.fetchall():
        channel = by_key[source_id, site_id]
        channel.probing = won
        if not won:
            channel.failures, channel.proven = failures, channel.proven or not failures
            channel.quiet_until = now + (quiet if quiet > _PROBE_SECONDS else min(quiet, _ASK_SECONDS))


async def begin_again(connection: AsyncConnection, channels: Sequence[Channel]) -> None:
    """The suspension of these has ended: one run of all probes, and more follow as it succeeds."""
    if channels:
        await connection.execute(BEGIN_AGAIN, _keys(channels))
    for channel in channels:
        channel.begin_again()


def _keys(channels: Sequence[Channel]) -> dict[str, list[int]]:
    return {
        "sources": [channel.source.id for channel in channels],
        "sites": [channel.site_id for channel in channels],
    }


def scope_of(rule: Rule, channel: Channel, job: Job | None, sending_domain: str) -> Scope | None:
    """Whom a rule slows; None where it is about a message and there was none."""
    if rule.scope is RuleScope.SOURCE_PROVIDER:
        return Scope(source_id=channel.source.id, provider_id=channel.provider_id)
    if rule.scope is RuleScope.SOURCE_SITE:
        return Scope(source_id=channel.source.id, site_id=channel.site_id)
    return _scope_of_message(rule, job, sending_domain) if job is not None else None


def _scope_of_message(rule: Rule, job: Job, sending_domain: str) -> Scope:
    whole = Scope(tenant_id=job.tenant_id, provider_id=job.provider_id)
    match rule.scope:
        case RuleScope.DOMAIN_PROVIDER if sending_domain:
            # The stream keeps what one domain of a tenant did from its mail without a campaign.
            return replace(whole, domain=sending_domain, stream=job.stream)
        case RuleScope.CAMPAIGN_PROVIDER if job.campaign_id is not None:
            return replace(whole, campaign_id=job.campaign_id)
        case RuleScope.CAMPAIGN_PROVIDER:
            return replace(whole, stream=job.stream)
    return whole
