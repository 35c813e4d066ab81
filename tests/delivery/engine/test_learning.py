"""What one run learns of a site, and what the others make of it."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.conf import settings as django_settings

from delivery.engine.channel import Channel, Source
from delivery.engine.crew import most, untrusted_left
from delivery.engine.manners import Manners, begin_again, read, take_probes
from delivery.engine.policy import Policies
from delivery.engine.rates import Bucket
from delivery.engine.shape import Limits
from delivery.models import PolicyAction
from relay_saas.mail.replies import Stage
from relay_saas.mail.shaping_feedback import Feedback
from relay_saas.mail.shaping_rate import Rate
from relay_saas.mail.smtp.outcome import Cause, Kind
from tests.delivery.engine.jobs import a_job, an_outcome

SOURCE = Source(id=71, pool_id=7, address="127.30.0.71", helo="mx.relay.test")
SIGNER = "421 4.7.28 We see an unusual rate of unsolicited mail originating from your DKIM domain."
ADDRESS = "421 4.7.28 We see an unusual rate of unsolicited mail originating from your IP address."


def a_channel(site: int = 7001, **changes: Any) -> Channel:
    """Of a site that has taken mail, learned up to five."""
    limits = Limits(name="Examplemail", max_connections=20, max_messages_per_connection=100)
    values: dict[str, Any] = {
        "source": SOURCE,
        "site_id": site,
        "provider_id": 3,
        "limits": limits,
        "feedback": Feedback(connections=5),
        "proven": True,
        "sessions": 5,
    }
    return Channel(**values | changes)


def in_database(work: Callable[[psycopg.AsyncConnection], Awaitable[None]]) -> None:
    """Runs `work` as a queue run's connection has it, and keeps nothing."""

    async def run() -> None:
        async with await psycopg.AsyncConnection.connect(django_settings.DATABASE_DISPATCH_URL) as connection:
            await work(connection)
            await connection.rollback()

    asyncio.run(run())


async def policies(connection: psycopg.AsyncConnection) -> list[tuple[Any, ...]]:
    return [(one.rule, one.action, one.value, one.scope.parts()) for one in await Policies.load(connection)]


def test_a_site_that_answers_well_grows_and_a_quarrel_takes_it_back() -> None:
    manners, channel = Manners(), a_channel()
    for _ in range(12):
        manners.heard(channel, a_job(), an_outcome(said="250 2.0.0 OK"))
    grown = channel.feedback.connections
    assert grown > 6
    manners.heard(
        channel, a_job(), an_outcome(stage=Stage.MAIL, said="451 4.7.1 too many messages, slow down")
    )
    assert channel.feedback.connections < grown


def test_an_unknown_user_is_no_quarrel() -> None:
    manners, channel = Manners(), a_channel()
    manners.heard(channel, a_job(), an_outcome(stage=Stage.RCPT, said="550 5.1.1 no such user"))
    assert channel.feedback.connections > 5


@pytest.mark.django_db
def test_a_rule_fires_at_its_count_in_its_scope_and_only_there() -> None:
    async def work(connection: psycopg.AsyncConnection) -> None:
        one, other, channel = Manners(), Manners(), a_channel()
        refusal = an_outcome(said=SIGNER)
        one.heard(channel, a_job(), refusal, sending_domain="news.acme.test")
        assert one.urgent
        await one.share(connection, [channel])
        assert await policies(connection) == []
        # The second one is heard by another run, about another tenant and then about the same.
        other.heard(channel, a_job(tenant_id=UUID(int=9)), refusal, sending_domain="news.globex.test")
        await other.share(connection, [channel])
        assert await policies(connection) == []
        other.heard(channel, a_job(), refusal, sending_domain="news.acme.test")
        await other.share(connection, [channel])
        scope = {
            "provider_id": 3,
            "tenant_id": a_job().tenant_id,
            "domain": "news.acme.test",
            "stream": a_job().stream,
        }
        assert await policies(connection) == [("google-rate-signer", "rate_per_minute", 10, scope)]

    in_database(work)


@pytest.mark.django_db
def test_a_rule_about_the_address_slows_everybody_on_it() -> None:
    async def work(connection: psycopg.AsyncConnection) -> None:
        manners, channel = Manners(), a_channel()
        for tenant in (1, 2):
            manners.heard(channel, a_job(tenant_id=UUID(int=tenant)), an_outcome(said=ADDRESS))
        await manners.share(connection, [channel])
        scope = {"source_id": 71, "provider_id": 3}
        assert await policies(connection) == [("google-rate-address", "rate_per_minute", 10, scope)]

    in_database(work)


@pytest.mark.django_db
def test_what_two_runs_learn_adds_up() -> None:
    async def work(connection: psycopg.AsyncConnection) -> None:
        one, other = a_channel(), a_channel()
        manners = Manners()
        await manners.share(connection, [one])
        for channel in (one, other):
            channel.feedback.succeeded(20)
        await manners.share(connection, [one])
        await manners.share(connection, [other])
        fresh = a_channel()
        await read(connection, [fresh])
        assert fresh.feedback.connections == pytest.approx(5.4)

    in_database(work)


@pytest.mark.django_db
def test_after_an_outage_one_run_of_all_probes_and_the_others_wait_for_it() -> None:
    async def work(connection: psycopg.AsyncConnection) -> None:
        manners = Manners()
        here, there = a_channel(), a_channel()
        here.failed(0.0)
        assert here.feedback.connections == 1
        await manners.share(connection, [here])
        await read(connection, [there])
        assert there.failures == 1
        assert there.room == 0
        await take_probes(connection, [here])
        await take_probes(connection, [there])
        assert (here.probing, there.probing) == (True, False)
        assert (here.room, there.room) == (1, 0)
        here.opened()
        assert here.room > 1
        await manners.share(connection, [here])
        there.quiet_until = 0
        await take_probes(connection, [there])
        assert there.trusted

    in_database(work)


@pytest.mark.django_db
def test_a_run_that_sees_the_end_of_a_suspension_late_leaves_the_probe_to_another() -> None:
    async def work(connection: psycopg.AsyncConnection) -> None:
        manners = Manners()
        here, there = a_channel(), a_channel()
        await manners.share(connection, [here])
        for channel in (here, there):
            await begin_again(connection, [channel])
            await manners.share(connection, [channel])
            await take_probes(connection, [channel])
        assert (here.probing, there.probing) == (True, False)
        assert (here.room, there.room) == (1, 0)
        assert 0 < there.quiet_until - asyncio.get_running_loop().time() <= 2

    in_database(work)


@pytest.mark.django_db
def test_a_suspension_by_a_rule_begins_again_with_one_probe() -> None:
    async def work(connection: psycopg.AsyncConnection) -> None:
        row = await (
            await connection.execute(
                "insert into delivery_site (key, provider_id) values ('s', 0) returning id"
            )
        ).fetchone()
        assert row is not None
        limits = Limits(name="iCloud", max_connections=10, max_messages_per_connection=5)
        channel = a_channel(row[0], limits=limits, provider_id=0)
        manners = Manners()
        channel.feedback.succeeded(20)
        await manners.share(connection, [channel])
        for _ in range(3):
            manners.heard(
                channel, a_job(), an_outcome(said="451 4.7.1 Service unavailable - try again later")
            )
        await manners.share(connection, [channel])
        (found,) = await Policies.load(connection)
        assert (found.rule, found.action) == ("icloud-deferred", PolicyAction.SUSPEND)
        assert found.until is not None
        fresh = a_channel(row[0])
        await read(connection, [fresh])
        assert (fresh.failures, fresh.feedback.allowed(limit=10, runs=1)) == (1, 1)

    in_database(work)


def test_nothing_is_claimed_ahead_beyond_two_seconds_of_the_rate() -> None:
    async def work() -> None:
        channel = a_channel(connected=20, sessions=20)
        assert channel.room == 40
        channel.buckets = [Bucket("x", Rate(300))]
        assert channel.room == 10
        channel.buckets.append(Bucket("y", Rate(1)))
        assert channel.room == 1

    asyncio.run(work())


def test_a_site_that_nobody_knows_is_tried_by_one_message() -> None:
    async def work() -> None:
        channel = a_channel(proven=False)
        assert channel.room == 1
        channel.jobs.append(a_job())
        assert (channel.room, channel.needed) == (0, 1)

    asyncio.run(work())


def test_a_lost_connection_beside_others_is_counted_once_and_no_rule() -> None:
    async def work() -> None:
        manners, channel = Manners(), a_channel(connected=3)
        lost = an_outcome(Kind.CONNECT_FAILED, Stage.CONNECT, cause=Cause.TIMEOUT)
        manners.heard(channel, None, lost)
        channel.crowded(timedelta(seconds=5).total_seconds())
        assert channel.feedback.connections == pytest.approx(4.8)
        assert not manners.urgent

    asyncio.run(work())


def test_one_site_holds_a_tenth_of_a_run_and_dead_ones_together_a_quarter() -> None:
    async def work() -> None:
        busy = a_channel(
            sessions=500, limits=Limits(name="x", max_connections=500, max_messages_per_connection=9)
        )
        assert most(busy, 1000) == 100
        assert most(a_channel(sessions=5), 1000) == 5
        dead = [a_channel(site, proven=False) for site in range(1, 301)]
        assert untrusted_left([busy, *dead], 1000) == 250
        for channel in dead[:249]:
            channel.jobs.append(a_job())
        assert untrusted_left([busy, *dead], 1000) == 1
        dead[249].failures = 3
        dead[249].jobs.append(a_job())
        assert untrusted_left([busy, *dead], 1000) == 0

    asyncio.run(work())
