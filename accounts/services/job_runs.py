"""Does the work of a job and ends it, whatever comes of it; takes up what a dead worker left."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final
from uuid import UUID

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
#: The space of our advisory locks; a job's id is added.
_LOCKS: Final = 20263 << 40


def run(*, tenant_id: UUID, job_id: int) -> None:
    """Runs a job to its end; does nothing where another worker does or has done so.

    A lock of this database session says who works: it ends with the process, and `waiting` names the job
    again. Raises the database's errors: then nothing can be written, and the job is taken up later.
    """
    with _alone(job_id) as mine:
        if not mine:
            return
        job = _begin(tenant_id, job_id)
        kind = kind_of(job.kind) if job is not None else None
        if job is not None and kind is not None:
            with translation.override(job.language), timezone.override(zone(job.tenant.time_zone)):
                _work(job, kind)


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


@contextmanager
def _alone(job_id: int) -> Iterator[bool]:
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_lock(%s)", [_LOCKS + job_id])
        mine = bool(cursor.fetchone()[0])
    try:
        yield mine
    finally:
        if mine:
            with connection.cursor() as cursor:
                cursor.execute("select pg_advisory_unlock(%s)", [_LOCKS + job_id])
