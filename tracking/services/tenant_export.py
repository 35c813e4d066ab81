"""All data of an organization as one ZIP of CSV files: a job, written row by row, whatever there is of it."""

from collections.abc import Iterator
from typing import Final
from uuid import UUID
from zipfile import ZIP_DEFLATED, ZipFile

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.audit import Actor
from accounts.csv_file import CsvFile
from accounts.jobs import JobKind, RunningJob
from accounts.models import Job
from accounts.permissions import Capability
from accounts.services.jobs import create
from accounts.tenancy import tenant_scope
from tracking.services.export_parts import PARTS, Part

KIND: Final = "tenant_export"
MEDIA_TYPE: Final = "application/zip"


def start_export(*, tenant_id: UUID, organization: str, actor: Actor) -> Job:
    """A job whose file is the organization's data; the one that is under way, where there is one."""
    with tenant_scope(tenant_id):
        under_way = Job.objects.filter(kind=KIND, finished_at=None).first()
    return under_way or create(tenant_id=tenant_id, kind=KIND, title=organization, actor=actor)


def export_tenant(job: RunningJob) -> dict[str, int]:
    """Writes the file; the rows of each part."""
    path = job.keep_file(f"{job.title}-{timezone.localdate():%Y-%m-%d}.zip", MEDIA_TYPE)
    total = sum(part.count(job.tenant_id) for part in PARTS)
    job.progress(0, total)
    counts: dict[str, int] = {}
    with ZipFile(path, "w", compression=ZIP_DEFLATED) as archive:
        for part in PARTS:
            # Its size is not known before it is written, and may need 64 bits.
            with archive.open(f"{part.name}.csv", "w", force_zip64=True) as target:
                file = CsvFile(target, tuple(part.columns))
                done = sum(counts.values())
                for row in _with_progress(job, part, done, total):
                    file.write(row)
                counts[part.name] = file.rows
    return counts


def kind() -> JobKind:
    """What the app registers."""
    return JobKind(
        name=KIND,
        label=_("Export of all data"),
        run=export_tenant,
        counts={part.name: part.label for part in PARTS},
        capability=Capability.SETTINGS_EDIT,
    )


def _with_progress(job: RunningJob, part: Part, before: int, total: int) -> Iterator[list[object]]:
    for number, row in enumerate(part.rows(job.tenant_id), before + 1):
        job.progress(number, max(number, total))
        yield row
