"""What is on disk before a dot, and what can be read after a death."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest

from delivery.engine.job import Record, from_json, to_json
from delivery.engine.journal import Journal, claimed, read
from delivery.models.ledger import AttemptState
from tests.delivery.engine.jobs import MESSAGE, NOW, TENANT, a_job

OTHER = UUID("019ab000-0000-7000-8000-0000000000cc")
RECORD = Record(
    tenant_id=TENANT,
    message_id=MESSAGE,
    fence=1,
    number=1,
    state=AttemptState.DELIVERED,
    at=NOW,
    code=250,
    reply="250 2.0.0 了解",
    timings=(1, 2),
    dated_at=NOW,
    endpoint=("127.20.9.1", 25, "TLSv1.3", "TLS_AES_256_GCM_SHA384"),
    size=10_240,
)


def written(path: Path, work: Callable[[Journal], Awaitable[None]]) -> None:
    async def run() -> None:
        with Journal(path) as journal:
            await work(journal)

    asyncio.run(run())


def test_a_dot_without_an_answer_is_found(tmp_path: Path) -> None:
    async def work(journal: Journal) -> None:
        await journal.about_to_send(a_job(), dated_at=1.5, source_id=4)

    written(tmp_path / "j", work)
    sent = read(tmp_path / "j").unanswered[MESSAGE]
    assert (sent.tenant_id, sent.number, sent.fence) == (TENANT, 1, 1)
    assert (sent.dated_at, sent.source_id, sent.provider_id) == (1.5, 4, 3)


def test_an_answer_closes_it_and_comes_back_whole(tmp_path: Path) -> None:
    async def work(journal: Journal) -> None:
        await journal.about_to_send(a_job(), dated_at=1.5, source_id=4)
        journal.answered(a_job(), RECORD)

    written(tmp_path / "j", work)
    entries = read(tmp_path / "j")
    assert (entries.unanswered, entries.answered) == ({}, [RECORD])


def test_a_dot_that_was_not_written_is_taken_back(tmp_path: Path) -> None:
    async def work(journal: Journal) -> None:
        await journal.about_to_send(a_job(), dated_at=1.5, source_id=4)
        journal.not_sent(a_job())

    written(tmp_path / "j", work)
    assert not read(tmp_path / "j").unanswered


def test_a_record_that_was_cut_off_ends_the_journal_and_hides_nothing_before_it(tmp_path: Path) -> None:
    async def work(journal: Journal) -> None:
        await journal.about_to_send(a_job(), dated_at=1.5, source_id=4)
        await journal.about_to_send(a_job(message_id=OTHER), dated_at=1.5, source_id=4)

    path = tmp_path / "j"
    written(path, work)
    path.write_bytes(path.read_bytes()[:-3])
    assert set(read(path).unanswered) == {MESSAGE}


def test_one_sync_serves_many_dots(tmp_path: Path) -> None:
    async def work(journal: Journal) -> None:
        jobs = [a_job(message_id=UUID(int=number)) for number in range(1, 101)]
        await asyncio.gather(*(journal.about_to_send(job, dated_at=0, source_id=1) for job in jobs))

    written(tmp_path / "j", work)
    assert len(read(tmp_path / "j").unanswered) == 100


def test_a_living_run_keeps_its_journal_locked(tmp_path: Path) -> None:
    path = tmp_path / "j"
    with Journal(path), claimed(path) as dead:
        assert not dead
    with claimed(path) as dead:
        assert dead


def test_a_journal_is_never_opened_twice(tmp_path: Path) -> None:
    with Journal(tmp_path / "j"), pytest.raises(FileExistsError), Journal(tmp_path / "j"):
        pass


def test_records_survive_json() -> None:
    deferred = replace(RECORD, state=AttemptState.DEFERRED, next_attempt_at=NOW, tls=True, campaign_id=3)
    assert from_json(to_json(deferred)) == deferred
