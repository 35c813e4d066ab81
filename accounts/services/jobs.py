"""Makes, stops and cleans up jobs, and hands out their files; accounts.services.job_runs does the work."""

import logging
from functools import partial
from pathlib import Path
from time import time
from typing import Any, BinaryIO, Final
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone, translation

from accounts import audit
from accounts.audit import Actor
from accounts.exceptions import JobOver, UnknownJobKind
from accounts.jobs import job_waits, kind_of, kinds, result_path
from accounts.models import Job
from accounts.tenancy import tenant_scope
from relay_saas.web.errors import NotFound

LOG = logging.getLogger(__name__)

SENDER: Final = "accounts"
#: A file that no row names any more is removed after so long: longer than any result is offered.
STRAY_SECONDS: Final = 8 * 86_400


def create(
    *, tenant_id: UUID, kind: str, title: str, actor: Actor, arguments: dict[str, Any] | None = None
) -> Job:
    """A job that a worker begins once this transaction has committed; raises UnknownJobKind.

    `title` says what it is about, `arguments` (JSON) what it is done with.
    """
    if kind_of(kind) is None:
        raise UnknownJobKind(kind)
    with tenant_scope(tenant_id):
        job = Job.objects.create(
            tenant_id=tenant_id,
            kind=kind,
            title=title,
            arguments=arguments or {},
            created_by_id=actor.user_id,
            language=translation.get_language() or "en",
        )
        changes: dict[str, object] = {"kind": kind, "title": title}
        audit.record(tenant_id=tenant_id, actor=actor, verb="started", subject=job, changes=changes)
        send = partial(job_waits.send_robust, sender=SENDER, tenant_id=tenant_id, job_id=job.pk)
        transaction.on_commit(send, robust=True)
    return job


def cancel(*, tenant_id: UUID, job_id: int, actor: Actor) -> Job:
    """Stops a job: at once while it waits, else at its next step. Raises NotFound, JobOver."""
    with tenant_scope(tenant_id):
        job = Job.objects.select_for_update().filter(pk=job_id).first()
        if job is None:
            raise NotFound
        if job.is_over:
            raise JobOver
        if job.cancel_requested_at is None:
            job.cancel_requested_at = timezone.now()
            if job.state == Job.State.WAITING:
                job.state, job.finished_at = Job.State.CANCELLED, job.cancel_requested_at
            job.save(update_fields=["cancel_requested_at", "state", "finished_at"])
            audit.record(tenant_id=tenant_id, actor=actor, verb="cancelled", subject=job)
    return job


def open_result(job: Job, *, actor: Actor) -> BinaryIO:
    """The job's file, open for reading; the trail keeps who took it. Raises NotFound."""
    if job.state != Job.State.DONE or not job.result_name:
        raise NotFound
    try:
        file = result_path(job.pk).open("rb")
    except OSError as error:
        raise NotFound from error
    changes: dict[str, object] = {"file": job.result_name}
    audit.record(tenant_id=job.tenant_id, actor=actor, verb="downloaded", subject=job, changes=changes)
    return file


def clean_up() -> int:
    """Removes files past their time, rows that are old and stand alone, and files without a row; how many."""
    disposable = [kind.name for kind in kinds() if not kind.lasting]
    with connection.cursor() as cursor:
        cursor.execute("select tenant_id, job_id from jobs_to_clean(%s)", [disposable])
        found: list[tuple[UUID, int]] = cursor.fetchall()
    for tenant_id, job_id in found:
        with tenant_scope(tenant_id):
            job = Job.objects.filter(pk=job_id).first()
            if job is not None:
                _clean(job)
    return len(found) + _remove_strays()


def _clean(job: Job) -> None:
    if job.result_name:
        result_path(job.pk).unlink(missing_ok=True)
        job.result_name = ""
        job.save(update_fields=["result_name"])
    else:
        job.delete()


def _remove_strays() -> int:
    oldest, removed = time() - STRAY_SECONDS, 0
    for path in (Path(settings.RELAY_DATA_DIR) / "jobs").glob("*.result"):
        try:
            if path.stat().st_mtime < oldest:
                path.unlink()
                removed += 1
        except FileNotFoundError:
            continue
    return removed
