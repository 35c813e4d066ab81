"""Imports contacts from a file into a list: one transaction writes all of it or nothing."""

from collections.abc import Callable, Iterator
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
from campaigns.services.column_guess import ColumnMap, match_columns
from campaigns.services.column_plan import choices_of, chosen_columns
from campaigns.services.file_reading import MAX_BYTES, Reading, TableFile, open_table, read_rows
from campaigns.services.import_rows import stage_rows
from campaigns.services.import_staging import drop_staging, fill_staging, merge_staging
from relay_saas.web.errors import NotFound, RelayError

KIND = "contact_import"
PIECE = 1024 * 1024
#: Told how many rows are staged, of at most how many; may raise to stop the work.
Progress = Callable[[int, int], None]


def create_import(
    *, tenant_id: UUID, mailing_list_id: int, file_name: str, data: BinaryIO, actor: Actor
) -> ContactImport:
    """Keeps a copy of the file and a job that waits; `file_name` is shown and never used as a path.

    Raises ListGone, BadImportFile for a file that is too large.
    """
    with tenant_scope(tenant_id):
        if not ContactList.objects.filter(pk=mailing_list_id).exists():
            raise ListGone
        name = shown_name(file_name)
        job = Job.objects.create(tenant_id=tenant_id, kind=KIND, title=name)
        contact_import = ContactImport.objects.create(
            tenant_id=tenant_id, job=job, mailing_list_id=mailing_list_id, file_name=name
        )
        _say(job, arguments={"import": contact_import.pk})
        keep_file(data, kept_file(contact_import.pk))
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
    if contact_import is None or contact_import.job is None:
        raise NotFound
    job, path = contact_import.job, kept_file(import_id)
    if job.state == Job.State.DONE or not path.exists():
        raise ImportNotWaiting
    try:
        write_contacts(contact_import, _report(job))
    except ImportNotWaiting:
        raise
    except RelayError as error:
        _fail(job, error)
        path.unlink(missing_ok=True)
        raise
    except Exception:
        _fail(job, BadImportFile("import_interrupted"))
        raise
    counts = contact_import.result
    with tenant_scope(tenant_id):
        _say(
            job,
            state=Job.State.DONE,
            finished_at=timezone.now(),
            done=counts["rows"],
            total=counts["rows"],
            counts=counts,
        )
    return job


def write_contacts(contact_import: ContactImport, progress: Progress) -> None:
    """The import itself: contacts, subscriptions, problems and counts, at once; then the file goes.

    Does nothing where it has been done already, however the job that did it ended. Raises
    ImportNotWaiting while somebody else does it, BadImportFile, and what `progress` raises.
    """
    tenant_id, path = contact_import.tenant_id, kept_file(contact_import.pk)
    with alone(contact_import.pk):
        with tenant_scope(tenant_id):
            contact_import.refresh_from_db()
        if contact_import.imported_at is None:
            try:
                _write(contact_import, path, progress)
            finally:
                drop_staging()
    path.unlink(missing_ok=True)


def stage_file(contact_import: ContactImport, path: Path, progress: Progress) -> ColumnMap:
    """Copies the rows of the file into this session's staging table; returns how they were read."""
    tenant_id = contact_import.tenant_id
    table = open_table(path, reading_of(contact_import))
    with tenant_scope(tenant_id):
        columns = columns_of(contact_import, table)
        contact_import.encoding = table.encoding
        contact_import.delimiter = table.delimiter
        contact_import.columns = list(table.columns)
        contact_import.lines = table.lines
        contact_import.mapping = columns.as_json()
        contact_import.save(update_fields=["encoding", "delimiter", "columns", "lines", "mapping"])
    progress(0, table.lines)
    rows = stage_rows(read_rows(table), columns, len(table.columns))
    fill_staging(tenant_id, rows, lambda done: progress(done, table.lines))
    return columns


def reading_of(contact_import: ContactImport) -> Reading:
    """How its file is read: as it was found out or chosen at the upload."""
    return Reading(
        encoding=contact_import.encoding or None,
        delimiter=contact_import.delimiter or None,
        has_header=contact_import.has_header,
        name=contact_import.columns[0].rpartition(" ")[0] if contact_import.columns else "Column",
        lines=contact_import.lines,
    )


def columns_of(contact_import: ContactImport, table: TableFile) -> ColumnMap:
    """What its columns are: as a person chose, else by their names; call it in the tenant's scope."""
    fields = ContactField.objects.all()
    if contact_import.plan:
        return chosen_columns(choices_of(contact_import.plan), table.columns, fields)
    return match_columns(table.columns, fields)


def kept_file(import_id: int) -> Path:
    """Where the uploaded file waits; it is removed when the import is over."""
    return Path(settings.RELAY_DATA_DIR) / "imports" / f"{import_id}.upload"


def keep_file(data: BinaryIO, path: Path) -> None:
    """Writes the upload to `path`; nothing is left of one that is too large (BadImportFile)."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    size = 0
    with path.open("wb") as file:
        while piece := data.read(PIECE):
            size += len(piece)
            if size > MAX_BYTES:
                path.unlink(missing_ok=True)
                raise BadImportFile("file_too_large", megabytes=MAX_BYTES // 1024**2)
            file.write(piece)


def shown_name(file_name: str) -> str:
    """The name of an uploaded file in one line, without folders."""
    return " ".join(Path(file_name.replace("\x00", "")).name.split())[:200]


@contextmanager
def alone(import_id: int) -> Iterator[None]:
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


def _write(contact_import: ContactImport, path: Path, progress: Progress) -> None:
    columns = stage_file(contact_import, path, progress)
    with tenant_scope(contact_import.tenant_id):
        contact_import.imported_at = timezone.now()
        counts = merge_staging(contact_import, columns)
        if counts.rows == 0:
            raise BadImportFile("no_rows")
        contact_import.counts = counts.as_json()
        contact_import.save(update_fields=["imported_at", "counts"])
        # The last moment to stop: what it raises takes everything back.
        progress(counts.rows, counts.rows)


def _report(job: Job) -> Progress:
    def report(done: int, total: int) -> None:
        with tenant_scope(job.tenant_id):
            if job.state != Job.State.RUNNING:
                _say(job, state=Job.State.RUNNING, started_at=timezone.now(), error=None)
            Job.objects.filter(pk=job.pk).update(done=done, total=total)

    return report


def _fail(job: Job, error: RelayError) -> None:
    with tenant_scope(job.tenant_id):
        _say(
            job,
            state=Job.State.FAILED,
            finished_at=timezone.now(),
            error={"code": error.code, "message": str(error)},
        )


def _say(job: Job, **values: object) -> None:
    for name, value in values.items():
        setattr(job, name, value)
    job.save(update_fields=list(values))
