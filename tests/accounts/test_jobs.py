"""A job from its making to its end: progress, stop, failure, a worker that died, mail, clean-up."""

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core import mail
from django.db import OperationalError, connection
from django.utils import timezone, translation

from accounts import jobs as registry
from accounts.audit import SYSTEM, Actor
from accounts.exceptions import DomainTaken, JobOver, UnknownJobKind
from accounts.jobs import JobKind, RunningJob, register, result_path
from accounts.models import AuditEvent, Job, Tenant, User
from accounts.services import job_runs
from accounts.services.jobs import cancel, clean_up, create
from accounts.tenancy import tenant_scope
from relay_saas.web.errors import NotFound

Work = Callable[[RunningJob], dict[str, int]]


@pytest.fixture(autouse=True)
def _own_kinds_and_files(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path) -> None:
    monkeypatch.setattr(registry, "_kinds", {})
    monkeypatch.setattr(registry, "STEP_SECONDS", 0.0)
    settings.RELAY_DATA_DIR = tmp_path


def kind(run: Work, **more: Any) -> None:
    register(JobKind(name="count", label="Count", run=run, **more))


def started(tenant: Tenant, person: User | None = None, **arguments: Any) -> Job:
    actor = Actor(name=person.email, user_id=person.pk) if person is not None else SYSTEM
    return create(tenant_id=tenant.pk, kind="count", title="夏の名簿", actor=actor, arguments=arguments)


def now_of(job: Job) -> Job:
    with tenant_scope(job.tenant_id):
        return Job.objects.get(pk=job.pk)


def run(job: Job) -> Job:
    job_runs.run(tenant_id=job.tenant_id, job_id=job.pk)
    return now_of(job)


def age(job: Job, **values: Any) -> None:
    with tenant_scope(job.tenant_id):
        Job.objects.filter(pk=job.pk).update(**values)


def test_work_is_done_once_and_its_counts_are_kept(tenant: Tenant) -> None:
    calls: list[dict[str, Any]] = []

    def work(job: RunningJob) -> dict[str, int]:
        calls.append(job.arguments)
        job.progress(3, 7)
        calls.append({"seen": now_of(one).done, "of": now_of(one).total})
        return {"rows": 7}

    kind(work)
    one = started(tenant, size=7)
    assert one.state == Job.State.WAITING
    done = run(one)
    assert (done.state, done.counts, done.finished_at is not None) == (Job.State.DONE, {"rows": 7}, True)
    run(one)
    assert calls == [{"size": 7}, {"seen": 3, "of": 7}]


def test_a_kind_that_nobody_registered_is_refused(tenant: Tenant) -> None:
    with pytest.raises(UnknownJobKind):
        started(tenant)


def test_a_worker_is_called_after_the_commit(tenant: Tenant, django_capture_on_commit_callbacks: Any) -> None:
    kind(lambda _job: {})
    heard: list[dict[str, Any]] = []

    def listen(**facts: Any) -> None:
        heard.append(facts)

    registry.job_waits.connect(listen)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            job = started(tenant)
            assert heard == []
    finally:
        registry.job_waits.disconnect(listen)
    assert (heard[0]["tenant_id"], heard[0]["job_id"]) == (tenant.pk, job.pk)


def test_a_file_is_offered_when_the_work_ends_well(tenant: Tenant) -> None:
    def work(job: RunningJob) -> dict[str, int]:
        job.keep_file("連絡先.csv", "text/csv").write_bytes(b"abc")
        return {}

    kind(work)
    done = run(started(tenant))
    assert (done.result_name, done.result_type, done.result_size) == ("連絡先.csv", "text/csv", 3)
    assert result_path(done.pk).read_bytes() == b"abc"


def test_work_that_waits_is_stopped_at_once_and_never_begins(tenant: Tenant) -> None:
    kind(lambda _job: pytest.fail("it ran"))
    job = started(tenant)
    cancel(tenant_id=tenant.pk, job_id=job.pk, actor=SYSTEM)
    assert run(job).state == Job.State.CANCELLED
    with pytest.raises(JobOver):
        cancel(tenant_id=tenant.pk, job_id=job.pk, actor=SYSTEM)


def test_running_work_stops_at_its_next_step_and_leaves_no_file(tenant: Tenant) -> None:
    def work(job: RunningJob) -> dict[str, int]:
        job.keep_file("a.csv", "text/csv").write_bytes(b"half")
        job.progress(1)
        cancel(tenant_id=tenant.pk, job_id=job.id, actor=SYSTEM)
        job.progress(2)
        return pytest.fail("it went on")

    kind(work)
    job = run(started(tenant))
    assert (job.state, job.done, job.result_name) == (Job.State.CANCELLED, 2, "")
    assert not result_path(job.pk).exists()


def test_inside_a_transaction_of_the_work_progress_only_listens(tenant: Tenant) -> None:
    def work(job: RunningJob) -> dict[str, int]:
        with tenant_scope(job.tenant_id):
            job.progress(5)
        assert now_of(one).done == 0
        with tenant_scope(job.tenant_id):
            cancel(tenant_id=job.tenant_id, job_id=job.id, actor=SYSTEM)
            job.progress(6)
        return pytest.fail("it went on")

    kind(work)
    one = started(tenant)
    assert run(one).state == Job.State.CANCELLED


def test_a_refusal_is_told_in_the_words_of_whoever_started_it(tenant: Tenant) -> None:
    def work(_job: RunningJob) -> dict[str, int]:
        raise DomainTaken

    kind(work)
    with translation.override("ja"):
        job = started(tenant)
    failed = run(job)
    assert failed.state == Job.State.FAILED
    assert failed.error["code"] == "domain_taken"
    assert "ドメイン" in failed.error["message"]


def test_a_bug_is_told_without_its_words(tenant: Tenant) -> None:
    def work(_job: RunningJob) -> dict[str, int]:
        raise ValueError("secret")

    kind(work)
    failed = run(started(tenant))
    assert failed.error["code"] == "internal_error"
    assert "secret" not in failed.error["message"]


def test_work_that_another_worker_does_is_left_to_it(tenant: Tenant) -> None:
    kind(lambda _job: pytest.fail("it ran twice"))
    job = started(tenant)
    with psycopg.connect(_own_url()) as other:
        lock(other, job_runs._JOBS, str(job.pk))
        assert run(job).state == Job.State.WAITING


def lock(other: psycopg.Connection[Any], space: int, key: str) -> None:
    other.execute("select pg_advisory_lock(hashtextextended(%s, %s))", [key, space])


def test_an_organization_that_has_as_many_running_as_it_may_holds_up_nobody_else(
    tenant: Tenant, other_tenant: Tenant, settings: Any
) -> None:
    kind(lambda _job: {})
    mine, theirs = started(tenant), started(other_tenant)
    with psycopg.connect(_own_url()) as other:
        for space, key in job_runs._places(tenant.pk):
            lock(other, space, key)
        assert run(mine).state == Job.State.WAITING
        assert run(theirs).state == Job.State.DONE
        settings.RELAY_JOBS_PER_TENANT = 2
        assert run(mine).state == Job.State.DONE


def test_when_work_ends_the_one_that_waited_longest_is_next(tenant: Tenant) -> None:
    kind(lambda _job: {})
    first, second = started(tenant), started(tenant)
    assert job_runs.next_of(tenant_id=tenant.pk) == first.pk
    assert job_runs.run(tenant_id=tenant.pk, job_id=first.pk)
    assert not job_runs.run(tenant_id=tenant.pk, job_id=first.pk)
    assert job_runs.next_of(tenant_id=tenant.pk) == second.pk
    run(second)
    assert job_runs.next_of(tenant_id=tenant.pk) is None


def test_the_many_jobs_of_one_organization_are_called_behind_the_first_ones_of_the_others(
    tenant: Tenant, other_tenant: Tenant
) -> None:
    kind(lambda _job: {})
    many, late = [started(tenant) for _ in range(10)], started(other_tenant)
    for number, job in enumerate([*many, late]):
        age(job, created_at=timezone.now() - timedelta(minutes=60 - number))
    called = job_runs.waiting()
    assert called[:2] == [(tenant.pk, many[0].pk), (other_tenant.pk, late.pk)]
    assert len(called) == 9


def test_work_of_a_dead_worker_is_taken_up_and_given_up_in_the_end(tenant: Tenant) -> None:
    def work(_job: RunningJob) -> dict[str, int]:
        raise OperationalError("the connection is gone")

    kind(work)
    job = started(tenant)
    assert job_runs.waiting() == []
    for _ in range(job_runs.MAX_RUNS):
        with pytest.raises(OperationalError):
            job_runs.run(tenant_id=tenant.pk, job_id=job.pk)
        assert now_of(job).state == Job.State.RUNNING
        assert job_runs.waiting() == []
        age(job, heartbeat_at=timezone.now() - timedelta(minutes=1))
        assert job_runs.waiting() == [(tenant.pk, job.pk)]
    failed = run(job)
    assert (failed.state, failed.error["code"]) == (Job.State.FAILED, "job_interrupted")


def test_work_whose_call_was_lost_is_found(tenant: Tenant) -> None:
    kind(lambda _job: {})
    job = started(tenant)
    age(job, created_at=timezone.now() - timedelta(minutes=1))
    assert job_runs.waiting() == [(tenant.pk, job.pk)]


def test_another_organizations_job_is_not_there(tenant: Tenant, other_tenant: Tenant) -> None:
    kind(lambda _job: {})
    job = started(tenant)
    with pytest.raises(NotFound):
        cancel(tenant_id=other_tenant.pk, job_id=job.pk, actor=SYSTEM)
    job_runs.run(tenant_id=other_tenant.pk, job_id=job.pk)
    assert now_of(job).state == Job.State.WAITING


def test_who_started_it_is_told_by_mail(
    tenant: Tenant, alice: User, django_capture_on_commit_callbacks: Any
) -> None:
    kind(lambda _job: {"rows": 1200}, counts={"rows": "Rows"})
    with translation.override("ja"):
        job = started(tenant, alice)
    with django_capture_on_commit_callbacks(execute=True):
        run(job)
    (letter,) = mail.outbox
    assert letter.to == [alice.email]
    assert letter.subject == "Countが完了しました：夏の名簿"
    assert f"/o/acme/jobs/{job.pk}/" in letter.body
    assert "Rows: 1,200" in letter.body
    assert '<html lang="ja">' in letter.alternatives[0].content


def test_stopped_work_writes_no_mail(
    tenant: Tenant, alice: User, django_capture_on_commit_callbacks: Any
) -> None:
    kind(lambda _job: {})
    job = started(tenant, alice)
    with django_capture_on_commit_callbacks(execute=True):
        cancel(tenant_id=tenant.pk, job_id=job.pk, actor=SYSTEM)
        run(job)
    assert mail.outbox == []


def test_work_that_people_wait_for_writes_no_mail(
    tenant: Tenant, alice: User, django_capture_on_commit_callbacks: Any
) -> None:
    kind(lambda _job: {}, mails=False)
    with django_capture_on_commit_callbacks(execute=True):
        run(started(tenant, alice))
    assert mail.outbox == []


def test_start_and_stop_are_in_the_trail(tenant: Tenant, alice: User) -> None:
    kind(lambda _job: {})
    job = started(tenant, alice)
    cancel(tenant_id=tenant.pk, job_id=job.pk, actor=SYSTEM)
    with tenant_scope(tenant.pk):
        trail = AuditEvent.objects.filter(object_type="job").order_by("id").values_list("actor", "verb")
        assert list(trail) == [(alice.email, "started"), ("system", "cancelled")]


@pytest.fixture
def _done(tenant: Tenant) -> None:
    def work(job: RunningJob) -> dict[str, int]:
        job.keep_file("a.csv", "text/csv").write_bytes(b"abc")
        return {}

    kind(work)


@pytest.mark.usefixtures("_done")
def test_a_file_goes_after_its_time_and_the_job_stays(tenant: Tenant) -> None:
    job = run(started(tenant))
    assert clean_up() == 0
    age(job, result_until=timezone.now() - timedelta(minutes=1))
    assert clean_up() == 1
    assert (now_of(job).result_name, result_path(job.pk).exists()) == ("", False)
    assert clean_up() == 0


def test_old_jobs_go_but_those_that_others_stand_on(tenant: Tenant) -> None:
    kind(lambda _job: {})
    job = run(started(tenant))
    age(job, finished_at=timezone.now() - timedelta(days=181))
    kind(lambda _job: {}, lasting=True)
    assert clean_up() == 0
    kind(lambda _job: {})
    assert clean_up() == 1
    with tenant_scope(tenant.pk):
        assert not Job.objects.exists()


def test_files_that_no_job_names_go(tenant: Tenant) -> None:
    stray = result_path(77)
    stray.parent.mkdir()
    stray.write_bytes(b"x")
    assert clean_up() == 0
    os.utime(stray, (0, 0))
    assert clean_up() == 1
    assert not stray.exists()


def _own_url() -> str:
    values = connection.settings_dict
    return psycopg.conninfo.make_conninfo(
        dbname=values["NAME"],
        user=values["USER"],
        password=values["PASSWORD"],
        host=values["HOST"],
        port=values["PORT"],
    )
