"""Imports contacts from a file into a list: one transaction writes all of it or nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.utils import timezone

from accounts import audit
from accounts.audit import Actor
from accounts.models import Job
from accounts.tenancy import tenant_scope
from campaigns.exceptions import BadImportFile, ImportNotWaiting, ListGone
from campaigns.models import ContactField, ContactImport, ContactList
from campaigns.services.column_guess import match_columns
from campaigns.services.file_reading import MAX_BYTES, TableFile, open_table, read_rows
from campaigns.services.import_rows import stage_rows
from campaigns.services.import_staging import drop_staging, fill_staging, merge_staging
from relay_saas.web.errors import NotFound, RelayError

KIND = "contact_import"
PIECE = 1024 * 1024


def create_import(
    *, tenant_id: UUID, mailing_list_id: int, file_name: str, data: BinaryIO, actor: Actor
) -> ContactImport:
    """Keeps a copy of the file and a job that waits; `file_name` is shown and never used as a path.

    Raises ListGone, BadImportFile for a file that is too large.
    """
    with tenant_scope(tenant_id):
        if not ContactList.objects.filter(pk=mailing_list_id).exists():
            raise ListGone
        job = Job.objects.create(tenant_id=tenant_id, kind=KIND)
        contact_import = ContactImport.objects.create(
            tenant_id=tenant_id,
            job=job,
            mailing_list_id=mailing_list_id,
            file_name=" ".join(Path(file_name.replace("\x00", "")).name.split())[:200],
        )
        _keep(data, kept_file(contact_import.pk))
        audit.record(
            tenant_id=tenant_id,
            actor=actor,
            verb="uploaded",
            subject=contact_import,
            changes={"file": contact_import.file_name, "list": mailing_list_id},
        )
    return contact_import


def run_import(*, tenant_id: UUID, import_id: int) -> Job:
    """Reads the kept file and writes what is in it; returns the job with its counts.

    An import that was killed may be run again: nothing of it was written. Raises NotFound, ImportNotWaiting,
    BadImportFile; the job says the same then.
    """
    with tenant_scope(tenant_id):
        contact_import = ContactImport.objects.select_related("job").filter(pk=import_id).first()
    if contact_import is None:
        raise NotFound
    path = kept_file(import_id)
    with _alone(import_id):
        if contact_import.job.state == Job.State.DONE or not path.exists():
            raise ImportNotWaiting
        try:
            return _run(contact_import, path)
        except RelayError as error:
            _fail(contact_import, error)
            path.unlink(missing_ok=True)
            raise
        except Exception:
            _fail(contact_import, BadImportFile("import_interrupted"))
            raise
        finally:
            drop_staging()


def kept_file(import_id: int) -> Path:
    """Where the uploaded file waits; it is removed when the import is over."""
    return Path(settings.RELAY_DATA_DIR) / "imports" / f"{import_id}.upload"


def _run(contact_import: ContactImport, path: Path) -> Job:
    tenant_id, job = contact_import.tenant_id, contact_import.job
    table = open_table(path)
    with tenant_scope(tenant_id):
        columns = match_columns(table.columns, ContactField.objects.all())
        _say(job, state=Job.State.RUNNING, started_at=timezone.now(), done=0, total=table.lines, error=None)
        _describe(contact_import, table, columns.as_json())
    fill_staging(tenant_id, job.pk, stage_rows(read_rows(table), columns, len(table.columns)))
    with tenant_scope(tenant_id):
        counts = merge_staging(contact_import, columns)
        if counts.rows == 0:
            raise BadImportFile("no_rows")
        _say(
            job,
            state=Job.State.DONE,
            finished_at=timezone.now(),
            done=counts.rows,
            total=counts.rows,
            counts=counts.as_json(),
        )
    path.unlink(missing_ok=True)
    return job


def _describe(contact_import: ContactImport, table: TableFile, mapping: dict[str, str]) -> None:
    contact_import.encoding = table.encoding
    contact_import.delimiter = table.delimiter
    contact_import.columns = list(table.columns)
    contact_import.mapping = mapping
    contact_import.save(update_fields=["encoding", "delimiter", "columns", "mapping"])


def _fail(contact_import: ContactImport, error: RelayError) -> None:
    with tenant_scope(contact_import.tenant_id):
        _say(
            contact_import.job,
            state=Job.State.FAILED,
            finished_at=timezone.now(),
            error={"code": error.code, "message": str(error)},
        )


def _say(job: Job, **values: object) -> None:
    for name, value in values.items():
        setattr(job, name, value)
    job.save(update_fields=list(values))


def _keep(data: BinaryIO, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    size = 0
    with path.open("wb") as file:
        while piece := data.read(PIECE):
            size += len(piece)
            if size > MAX_BYTES:
                raise BadImportFile("file_too_large", megabytes=MAX_BYTES // 1024**2)
            file.write(piece)


@contextmanager
def _alone(import_id: int) -> Iterator[None]:
    """Holds a lock of this database session, which ends with the process: a killed import blocks nobody."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_lock(20262, %s)", [import_id])
        if not cursor.fetchone()[0]:
            raise ImportNotWaiting
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("select pg_advisory_unlock(20262, %s)", [import_id])
