"""What is written, and what a stale worker cannot write."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.utils import timezone
from psycopg import AsyncConnection

from accounts.models import SendingDomain, Tenant
from accounts.models.tenant import new_id
from accounts.tenancy import tenant_scope
from campaigns.models import Suppression
from delivery.engine import claim, lease, permits
from delivery.engine.config import EngineConfig
from delivery.engine.job import Job, Record
from delivery.engine.journal import Entries, Sent
from delivery.engine.places import Places
from delivery.engine.record import Recorder
from delivery.engine.takeback import settle_run
from delivery.models import (
    Attempt,
    AttemptState,
    Counter,
    Domain,
    Endpoint,
    Lane,
    Provider,
    QueueEntry,
    Reply,
    Rollup,
    Site,
)

Work = Callable[[AsyncConnection], Awaitable[Any]]


@pytest.fixture
def speak(config: EngineConfig) -> Callable[[Work], Any]:
    """Runs a coroutine with a connection as relay_dispatch."""

    def speak(work: Work) -> Any:
        async def run() -> Any:
            connection = await AsyncConnection.connect(config.database_url, autocommit=True)
            async with connection:
                return await work(connection)

        return asyncio.run(run())

    return speak


@pytest.fixture
def run_id() -> UUID:
    """The run that claims."""
    return new_id()


@pytest.fixture
def claimed(
    tenant: Tenant, launch: Callable[..., int], speak: Callable[[Work], Any], run_id: UUID
) -> list[Job]:
    """Three jobs of a run, claimed from a lane of a site of this test alone."""
    lane_id = a_lane(tenant, launch, people=3)
    return speak(lambda connection: claim.claim(connection, run_id, {lane_id: 10}))


def a_lane(tenant: Tenant, launch: Callable[..., int], people: int) -> int:
    """The lane of a campaign to so many people of one domain."""
    domain = f"{tenant.slug}.example.test"
    site = Site.objects.create(key=f"mx.{domain}", provider=Provider.objects.get(pk=0))
    Domain.objects.create(name=domain, site=site, state=Domain.State.OK)
    launch([f"p{number}@{domain}" for number in range(people)])
    with tenant_scope(tenant.pk):
        return Lane.objects.get(site=site).pk


def a_record(job: Job, state: AttemptState = AttemptState.DELIVERED, **more: Any) -> Record:
    return Record(
        tenant_id=job.tenant_id,
        message_id=job.message_id,
        fence=job.fence,
        number=job.number,
        campaign_id=job.campaign_id,
        lane_id=job.lane_id,
        state=state,
        at=datetime.now(UTC),
        **more,
    )


def test_a_claim_brings_all_that_sending_needs(
    claimed: list[Job], tenant: Tenant, domain: SendingDomain
) -> None:
    job = claimed[0]
    assert len(claimed) == 3
    assert (job.tenant_number, job.domain) == (tenant.number, f"{tenant.slug}.example.test")
    assert (job.fence, job.attempts, job.blocked) == (1, 0, "")
    assert job.merge["contact"]["email"] == job.rcpt


def test_a_claim_goes_on_behind_the_place_where_the_last_one_ended(
    tenant: Tenant, launch: Callable[..., int], speak: Callable[[Work], Any], run_id: UUID
) -> None:
    lane_id = a_lane(tenant, launch, people=5)
    places = Places()

    async def work(connection: AsyncConnection) -> list[list[UUID]]:
        found = []
        for wanted in (2, 2, 2, 2):
            jobs = await claim.claim(connection, run_id, {lane_id: wanted}, places.known)
            places.learn({lane_id: wanted}, jobs)
            found.append([job.message_id for job in jobs])
            # Given back in front of the place: not seen before the rest is through.
            if len(found) == 1:
                await Recorder(run_id, 0).release(connection, [claim.release(job) for job in jobs])
        return found

    first, second, third, last = speak(work)
    assert [len(first), len(second), len(third)] == [2, 2, 1]
    assert not {*first} & {*second, *third}
    assert last == first


def test_a_batch_writes_attempts_counters_rollups_and_one_reply(
    claimed: list[Job], tenant: Tenant, speak: Callable[[Work], Any], run_id: UUID
) -> None:
    records = [a_record(job, code=250, reply=f"250 OK id=1a2b3c4d5e{n}") for n, job in enumerate(claimed)]
    assert speak(lambda connection: Recorder(run_id, 0).write(connection, records)) == 3
    with tenant_scope(tenant.pk):
        assert Attempt.objects.filter(state=AttemptState.DELIVERED).count() == 3
        assert Counter.objects.get(state=AttemptState.DELIVERED).n == 3
        assert Rollup.objects.get().n == 3
        assert Reply.objects.get().text == "250 OK id=<id>"
        assert not QueueEntry.objects.exists()


def test_attempts_of_one_session_point_to_one_endpoint(
    claimed: list[Job], tenant: Tenant, speak: Callable[[Work], Any], run_id: UUID
) -> None:
    secured = ("2001:DB8::1", 2525, "TLSv1.3", tenant.slug)
    first, second, third = (
        a_record(job, endpoint=endpoint, size=size)
        for job, endpoint, size in zip(claimed, (secured, secured, None), (10_240, 10_241, None), strict=True)
    )

    async def work(connection: AsyncConnection) -> None:
        await Recorder(run_id, 0).write(connection, [first, third])
        # Another recorder finds what this one made.
        await Recorder(run_id, 1).write(connection, [second])

    speak(work)
    found = Endpoint.objects.get(tls_cipher=tenant.slug)
    assert (found.address, found.port, found.tls_version) == ("2001:db8::1", 2525, "TLSv1.3")
    with tenant_scope(tenant.pk):
        told = {one.message_id: (one.endpoint_id, one.size) for one in Attempt.objects.all()}
    assert told == {
        first.message_id: (found.pk, 10_240),
        second.message_id: (found.pk, 10_241),
        third.message_id: (None, None),
    }


def test_what_a_refused_batch_had_learned_is_learned_again(
    claimed: list[Job], tenant: Tenant, speak: Callable[[Work], Any], run_id: UUID
) -> None:
    endpoint = ("127.20.0.1", 2525, "TLSv1.3", tenant.slug)
    good = a_record(claimed[0], code=250, reply="250 OK", endpoint=endpoint)
    spoilt = a_record(claimed[1], code=70_000, reply="250 OK")

    async def work(connection: AsyncConnection) -> None:
        recorder = Recorder(run_id, 0)
        with pytest.raises(psycopg.errors.NumericValueOutOfRange):
            await recorder.write(connection, [good, spoilt])
        await recorder.write(connection, [good])

    speak(work)
    with tenant_scope(tenant.pk):
        attempt = Attempt.objects.get()
        assert Reply.objects.get(pk=attempt.reply_id).text == "250 OK"
    assert Endpoint.objects.get(tls_cipher=tenant.slug).pk == attempt.endpoint_id


def test_a_repeated_batch_writes_nothing(
    claimed: list[Job], tenant: Tenant, speak: Callable[[Work], Any], run_id: UUID
) -> None:
    records = [a_record(job) for job in claimed]
    speak(lambda connection: Recorder(run_id, 0).write(connection, records))
    assert speak(lambda connection: Recorder(run_id, 0).write(connection, records)) == 0
    with tenant_scope(tenant.pk):
        assert Counter.objects.get().n == 3


def test_a_stale_worker_writes_nothing_after_the_take_back(
    claimed: list[Job], tenant: Tenant, config: EngineConfig, speak: Callable[[Work], Any], run_id: UUID
) -> None:
    records = [a_record(job) for job in claimed]

    async def work(connection: AsyncConnection) -> int:
        await connection.execute("update delivery_queueentry set fence = fence where run_id = %s", [run_id])
        await connection.execute(
            "update delivery_queueentry set run_id = null, fence = fence + 1 where run_id = %s", [run_id]
        )
        return await Recorder(run_id, 0).write(connection, records)

    assert speak(work) == 0
    with tenant_scope(tenant.pk):
        assert not Attempt.objects.exists()
        assert QueueEntry.objects.filter(run_id=None, fence=2).count() == 3


def test_without_a_journal_everything_that_a_dead_run_held_is_in_doubt(
    claimed: list[Job], tenant: Tenant, config: EngineConfig, speak: Callable[[Work], Any], run_id: UUID
) -> None:
    speak(lambda connection: settle_run(connection, config, run_id, 0, None))
    with tenant_scope(tenant.pk):
        assert Attempt.objects.filter(state=AttemptState.IN_DOUBT).count() == 3


def test_an_answer_to_an_earlier_claim_does_not_hide_a_doubt(
    claimed: list[Job], tenant: Tenant, config: EngineConfig, speak: Callable[[Work], Any], run_id: UUID
) -> None:
    first, second, third = claimed
    entries = Entries(
        unanswered={
            job.message_id: Sent(
                tenant_id=job.tenant_id,
                message_id=job.message_id,
                number=job.number,
                fence=job.fence,
                dated_at=0.0,
                source_id=0,
                provider_id=0,
            )
            for job in (first, second)
        },
        answered=[replace(a_record(first), fence=0), a_record(third, code=250, reply="250 OK")],
    )
    speak(lambda connection: settle_run(connection, config, run_id, 0, entries))
    with tenant_scope(tenant.pk):
        states = dict(Attempt.objects.values_list("message_id", "state"))
    assert states == {
        first.message_id: AttemptState.IN_DOUBT,
        second.message_id: AttemptState.IN_DOUBT,
        third.message_id: AttemptState.DELIVERED,
    }


def test_a_deferred_message_stays_with_the_source_that_it_spoke_from(
    claimed: list[Job], tenant: Tenant, speak: Callable[[Work], Any], run_id: UUID
) -> None:
    source = speak(
        lambda connection: _first(connection, "select id from delivery_egresssource order by id limit 1")
    )
    due = timezone.now()
    record = a_record(claimed[0], AttemptState.DEFERRED, source_id=source, next_attempt_at=due, dated_at=due)
    speak(lambda connection: Recorder(run_id, 0).write(connection, [record]))
    with tenant_scope(tenant.pk):
        entry = QueueEntry.objects.get(message_id=claimed[0].message_id)
        assert (entry.attempts, entry.run_id, entry.next_attempt_at, entry.dated_at) == (1, None, due, due)
        assert Lane.objects.get(pk=entry.lane_id).source_id == source


def test_a_hard_bounce_suppresses_the_address_for_all_mail(
    claimed: list[Job], tenant: Tenant, speak: Callable[[Work], Any], run_id: UUID
) -> None:
    job = claimed[0]
    record = a_record(
        job, AttemptState.BOUNCED, category="recipient_unknown", rcpt_key=job.rcpt_key, strikes=1, rule="x"
    )
    speak(lambda connection: Recorder(run_id, 0).write(connection, [record]))
    with tenant_scope(tenant.pk):
        found = Suppression.objects.get()
        assert (found.email_key, found.scope, found.reason) == (job.rcpt_key, "all", "bounced")
        assert found.message_id == job.message_id


def test_a_softer_bounce_counts_its_strikes(
    claimed: list[Job], tenant: Tenant, speak: Callable[[Work], Any], run_id: UUID
) -> None:
    job = claimed[0]
    record = a_record(
        job, AttemptState.BOUNCED, category="recipient_inactive", rcpt_key=job.rcpt_key, strikes=2
    )
    speak(lambda connection: Recorder(run_id, 0).write(connection, [record]))
    with tenant_scope(tenant.pk):
        assert not Suppression.objects.exists()


def test_the_database_refuses_what_may_not_follow(
    claimed: list[Job], tenant: Tenant, speak: Callable[[Work], Any], run_id: UUID
) -> None:
    job = claimed[0]

    async def work(connection: AsyncConnection) -> None:
        await Recorder(run_id, 0).write(connection, [a_record(job)])
        await connection.execute(
            "insert into delivery_attempt (tenant_id, message_id, number, state) values (%s, %s, 2, 7)",
            [job.tenant_id, job.message_id],
        )

    with pytest.raises(psycopg.Error) as refused:
        speak(work)
    assert refused.value.sqlstate == "RL002"


def test_two_runs_never_hold_more_connections_than_the_provider_allows(
    tenant: Tenant, config: EngineConfig, speak: Callable[[Work], Any]
) -> None:
    provider = Provider.objects.create(id=_free_provider_id(), name=tenant.slug)
    limit = 5

    async def work(connection: AsyncConnection) -> list[int]:
        source = await _first(connection, "select id from delivery_egresssource order by id limit 1")
        runs = [new_id(), new_id()]
        pair = (source, provider.pk)
        async with leases(connection, config, runs):
            first = await permits.adjust(connection, runs[0], {pair: (9, limit)}, {})
            second = await permits.adjust(connection, runs[1], {pair: (9, limit)}, {})
            held = await permits.adjust(connection, runs[0], {pair: (0, limit)}, {pair: 2})
            third = await permits.adjust(connection, runs[1], {pair: (9, limit)}, {pair: 2})
        return [found[pair] for found in (first, second, held, third)]

    assert speak(work) == [3, 2, 0, 3]


def test_a_host_has_no_more_runs_than_slots(config: EngineConfig, speak: Callable[[Work], Any]) -> None:
    async def work(connection: AsyncConnection) -> list[lease.Lease | None]:
        async with leases(connection, config, [new_id() for _ in range(config.slots + 1)]) as taken:
            return taken

    taken = speak(work)
    assert [one.slot if one else None for one in taken] == [*range(config.slots), None]


@asynccontextmanager
async def leases(
    connection: AsyncConnection, config: EngineConfig, runs: list[UUID]
) -> AsyncIterator[list[lease.Lease | None]]:
    """What each of these runs was given; all is closed after it, as no later test would find a slot."""
    try:
        yield [
            await lease.take(connection, config, run_id=run_id, journal=config.journal_dir / str(run_id))
            for run_id in runs
        ]
    finally:
        for run_id in runs:
            await lease.close(connection, run_id)


async def _first(connection: AsyncConnection, statement: str) -> Any:
    row = await (await connection.execute(statement)).fetchone()
    assert row is not None
    return row[0]


def _free_provider_id() -> int:
    return Provider.objects.order_by("-id").first().pk + 1
