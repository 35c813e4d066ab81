"""Does the work of a job and ends it, whatever comes of it; takes up what a dead worker left."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone, translation

from accounts.exceptions import JobInterrupted
from accounts.jobs import JobCancelled, JobKind, RunningJob, kind_of, kinds, result_path
from accounts.models import Job
from accounts.services.post import job_over, zone
from accounts.tenancy import tenant_scope
from relay_saas.web.errors import RelayError, Unexpected

LOG = logging.getLogger(__name__)

#: Work that was begun so often and never came to an end is what kills its worker.
MAX_RUNS: Final = 3
#: How long a result can be fetched.
RESULT_DAYS: Final = 7
#: The spaces of our advisory locks: one for each job that runs, some for each organization.
_JOBS: Final = 20_263
_PLACES: Final = 20_264


def run(*, tenant_id: UUID, job_id: int) -> bool:
    """Runs a job to its end; does nothing (False) where another worker does or has done so, or where as many
    jobs of the organization run as may run at once.

    Locks of this database session say who works: they end with the process, and `waiting` names the job
    again. Raises the database's errors: then nothing can be written, and the job is taken up later.
    """
    with _held([(_JOBS, str(job_id))]) as mine, _held(_places(tenant_id) if mine else []) as free:
        job = _begin(tenant_id, job_id) if free else None
        kind = kind_of(job.kind) if job is not None else None
        if job is None or kind is None:
            return False
        with translation.override(job.language), timezone.override(zone(job.tenant.time_zone)):
            _work(job, kind)
    return True


def next_of(*, tenant_id: UUID) -> int | None:
    """The organization's job that has waited longest: its place is free when another one ends."""
    with tenant_scope(tenant_id):
        rows = Job.objects.filter(finished_at=None, state=Job.State.WAITING).order_by("created_at", "id")
        known = rows.filter(kind__in=[kind.name for kind in kinds()])
        found: int | None = known.values_list("pk", flat=True).first()
    return found


def waiting() -> list[tuple[UUID, int]]:
    """Jobs whose event was lost and jobs that fell silent, as (tenant, job)."""
    with connection.cursor() as cursor:
        cursor.execute("select tenant_id, job_id from jobs_to_run(%s)", [[kind.name for kind in kinds()]])
        found: list[tuple[UUID, int]] = cursor.fetchall()
    return found


def _begin(tenant_id: UUID, job_id: int) -> Job | None:
    with tenant_scope(tenant_id):
        rows = Job.objects.select_related("created_by", "tenant").select_for_update(of=("self",))
        job = rows.filter(pk=job_id).first()
        if job is None or job.is_over or kind_of(job.kind) is None:
            return None
        if job.cancel_requested_at is not None:
            _end(job, Job.State.CANCELLED)
            return None
        if job.runs >= MAX_RUNS:
            _fail(job, JobInterrupted())
            return None
        now = timezone.now()
        job.state, job.done, job.runs = Job.State.RUNNING, 0, job.runs + 1
        job.started_at, job.heartbeat_at = job.started_at or now, now
        job.save(update_fields=["state", "done", "runs", "started_at", "heartbeat_at"])
    return job


def _work(job: Job, kind: JobKind) -> None:
    running = RunningJob(job)
    try:
        counts = dict(kind.run(running))
        if running.kept is not None:
            job.result_size = running.kept.path.stat().st_size
    except JobCancelled:
        _settle(job, Job.State.CANCELLED, None)
    except RelayError as error:
        _settle(job, Job.State.FAILED, error)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        LOG.exception("job %s (%s) of tenant %s failed", job.pk, job.kind, job.tenant_id)
        _settle(job, Job.State.FAILED, Unexpected())
    else:
        _finish(job, running, counts)


def _settle(job: Job, state: Job.State, error: RelayError | None) -> None:
    with tenant_scope(job.tenant_id):
        if error is None:
            _end(job, state)
        else:
            _fail(job, error)


def _finish(job: Job, running: RunningJob, counts: dict[str, int]) -> None:
    job.counts = counts
    names = ["counts"]
    if running.kept is not None:
        job.result_name, job.result_type = running.kept.name, running.kept.media_type
        job.result_until = timezone.now() + timedelta(days=RESULT_DAYS)
        names += ["result_name", "result_type", "result_size", "result_until"]
    with tenant_scope(job.tenant_id):
        _end(job, Job.State.DONE, *names)


def _fail(job: Job, error: RelayError) -> None:
    with translation.override(job.language):
        job.error = {"code": error.code, "message": str(error)}
    _end(job, Job.State.FAILED, "error")


def _end(job: Job, state: Job.State, *names: str) -> None:
    if state != Job.State.DONE:
        result_path(job.pk).unlink(missing_ok=True)
    job.state, job.finished_at = state, timezone.now()
    job.save(update_fields=["state", "finished_at", *names])
    if state != Job.State.CANCELLED and job.created_by is not None:
        job_over(job)


def _places(tenant_id: UUID) -> list[tuple[int, str]]:
    """The locks of which a running job of the organization holds one."""
    return [(_PLACES, f"{tenant_id} {number}") for number in range(settings.RELAY_JOBS_PER_TENANT)]


@contextmanager
def _held(locks: Sequence[tuple[int, str]]) -> Iterator[bool]:
    """Holds the first lock that nobody else holds; False where there is none."""
    mine = next(filter(_take, locks), None)
    try:
        yield mine is not None
    finally:
        if mine is not None:
            with connection.cursor() as cursor:
                cursor.execute("select pg_advisory_unlock(hashtextextended(%s, %s))", [mine[1], mine[0]])


def _take(lock: tuple[int, str]) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_lock(hashtextextended(%s, %s))", [lock[1], lock[0]])
        return bool(cursor.fetchone()[0])
