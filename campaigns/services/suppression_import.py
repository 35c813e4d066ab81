"""Suppresses the addresses of a file, as a job; what is no address goes into a file of errors."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Final
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.audit import Actor
from accounts.csv_file import MEDIA_TYPE, CsvFile
from accounts.jobs import JobKind, RunningJob
from accounts.models import Job
from accounts.permissions import Capability
from accounts.services import jobs
from campaigns.exceptions import BadImportFile
from campaigns.models import Suppression
from campaigns.services.column_guess import EMAIL_NAMES, fold
from campaigns.services.file_reading import RawRow, TableFile, open_table, read_rows
from campaigns.services.import_errors import reason_text
from campaigns.services.suppress_many import suppress_many

KIND: Final = "suppression_import"
MAX_BYTES: Final = 64 * 1024 * 1024
BATCH: Final = 2_000
_PIECE: Final = 1024 * 1024


def kind() -> JobKind:
    """Arguments: `file`, `scope`, `detail`."""
    return JobKind(
        name=KIND,
        label=gettext_lazy("Import of suppressions"),
        run=run,
        counts={
            "added": gettext_lazy("Suppressed from now on"),
            "there": gettext_lazy("Suppressed already"),
            "refused": gettext_lazy("Not taken (see the file)"),
        },
        capability=Capability.CONTACTS_EDIT,
    )


def start(
    *,
    tenant_id: UUID,
    file_name: str,
    data: BinaryIO,
    scope: Suppression.Scope,
    detail: str,
    actor: Actor,
) -> Job:
    """Keeps the file and starts the job; raises BadImportFile where it cannot be read."""
    name = f"{uuid4().hex}.upload"
    path = _kept(name)
    try:
        _keep(data, path)
        open_table(path)
        with transaction.atomic():
            return jobs.create(
                tenant_id=tenant_id,
                kind=KIND,
                title=" ".join(Path(file_name.replace("\x00", "")).name.split())[:200],
                actor=actor,
                arguments={"file": name, "scope": str(scope.value), "detail": detail},
            )
    except Exception:
        path.unlink(missing_ok=True)
        raise


def run(job: RunningJob) -> dict[str, int]:
    """Takes the file in batches; after a dead worker it finds the first ones suppressed already."""
    path = _kept(job.arguments["file"])
    try:
        table = open_table(path)
    except FileNotFoundError as error:
        raise BadImportFile("import_interrupted") from error
    counts = {"added": 0, "there": 0, "refused": 0}
    done = 0
    with job.keep_file("not-taken.csv", MEDIA_TYPE).open("wb") as target:
        errors = CsvFile(target, [_("Line"), _("Address"), _("Reason")])
        lines = _addresses(table)
        while batch := list(islice(lines, BATCH)):
            outcome = suppress_many(
                tenant_id=job.tenant_id,
                lines=batch,
                scope=Suppression.Scope(job.arguments["scope"]),
                detail=job.arguments["detail"],
                actor=job.actor,
                most_told=BATCH,
            )
            for bad in outcome.bad:
                errors.write((bad.line, bad.text, reason_text(f"address_{bad.code}", "")))
            for name in counts:
                counts[name] += getattr(outcome, name)
            done += len(batch)
            job.progress(done, table.lines)
    path.unlink(missing_ok=True)
    return counts


def _addresses(table: TableFile) -> Iterator[tuple[int, str]]:
    """The cells of the column named like an address; without one, of the first column from line 1 on."""
    named = next((place for place, name in enumerate(table.columns) if fold(name) in EMAIL_NAMES), None)
    if named is None:
        yield 1, table.columns[0] if table.columns else ""
    for row in read_rows(table):
        yield row.line, _cell(row, named or 0)


def _cell(row: RawRow, place: int) -> str:
    return row.cells[place] if len(row.cells) > place else ""


def _kept(name: str) -> Path:
    return Path(settings.RELAY_DATA_DIR) / "suppressions" / name


def _keep(data: BinaryIO, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    size = 0
    with path.open("wb") as file:
        while piece := data.read(_PIECE):
            size += len(piece)
            if size > MAX_BYTES:
                raise BadImportFile("file_too_large", megabytes=MAX_BYTES // 1024**2)
            file.write(piece)
