"""The long work of an import as jobs: the dry check, the import, the undoing."""

from collections.abc import Iterator, Mapping
from typing import Final
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts import audit, jobs
from accounts.audit import Actor
from accounts.models import Job
from accounts.permissions import Capability
from accounts.services import jobs as job_service
from accounts.tenancy import tenant_scope
from campaigns.exceptions import BadImportFile, ImportRefused
from campaigns.models import ContactImport
from campaigns.services.contact_statistics import keep_contact_statistics
from campaigns.services.import_staging import drop_staging, first_problems, foresee
from campaigns.services.import_undo import take_back
from campaigns.services.imports import KIND, alone, kept_file, stage_file, write_contacts
from relay_saas.web.errors import NotFound
from relay_saas.web.problems import Text

CHECK: Final = "contact_import_check"
UNDO: Final = "contact_import_undo"
#: Rows that cannot be taken, of those that the dry check shows.
SHOWN_PROBLEMS: Final = 20

COUNTS: Final[Mapping[str, Text]] = {
    "rows": _("Rows"),
    "new": _("New"),
    "updated": _("Updated"),
    "unchanged": _("Unchanged"),
    "duplicates": _("Duplicates"),
    "rejected": _("Invalid"),
    "suppressed": _("Suppressed"),
    "unsubscribed": _("Have left the list"),
}
UNDO_COUNTS: Final[Mapping[str, Text]] = {
    "left_list": _("Taken off the list"),
    "removed": _("Contacts removed"),
}


def kinds() -> Iterator[jobs.JobKind]:
    """The three kinds."""
    for name, label, run, counts in (
        (KIND, _("Import of contacts"), _import, COUNTS),
        (CHECK, _("Check before an import"), _check, COUNTS),
        (UNDO, _("Undoing an import"), _undo, UNDO_COUNTS),
    ):
        yield jobs.JobKind(
            name=name,
            label=label,
            run=run,
            page=_page,
            counts=counts,
            capability=Capability.CONTACTS_EDIT,
            lasting=True,
            # A check and an undoing are waited for on their page.
            mails=name == KIND,
        )


def start_check(*, tenant_id: UUID, import_id: int, actor: Actor) -> ContactImport:
    """Has every row looked at, and nothing written; raises NotFound, ImportRefused.

    While a check runs, asking again changes nothing.
    """
    with tenant_scope(tenant_id):
        found = _locked(import_id)
        if not found.is_open:
            raise ImportRefused("import_started")
        if not kept_file(import_id).exists():
            raise ImportRefused("file_gone")
        if found.check_job is None or found.check_job.is_over:
            found.check_job = _job(found, CHECK, actor)
            found.findings = None
            found.save(update_fields=["check_job", "findings"])
    return found


def start_import(*, tenant_id: UUID, import_id: int, actor: Actor) -> ContactImport:
    """Begins the import, once however often it is asked; raises NotFound, ImportRefused."""
    with tenant_scope(tenant_id):
        found = _locked(import_id)
        if not found.is_open:
            return found
        if not kept_file(import_id).exists():
            raise ImportRefused("file_gone")
        if found.findings is None:
            raise ImportRefused("import_not_checked")
        found.job = _job(found, KIND, actor)
        found.save(update_fields=["job"])
        changes: dict[str, object] = {"file": found.file_name, "list": found.mailing_list_id}
        audit.record(tenant_id=tenant_id, actor=actor, verb="imported", subject=found, changes=changes)
    return found


def start_undo(*, tenant_id: UUID, import_id: int, actor: Actor) -> ContactImport:
    """Begins to take the import back; raises NotFound, ImportRefused."""
    with tenant_scope(tenant_id):
        found = _locked(import_id)
        if found.stage in {found.Stage.UNDOING, found.Stage.UNDONE}:
            return found
        if found.undo_until is None:
            raise ImportRefused("undo_impossible")
        found.undo_job = _job(found, UNDO, actor)
        found.save(update_fields=["undo_job"])
        audit.record(tenant_id=tenant_id, actor=actor, verb="undone", subject=found)
    return found


def stop(*, tenant_id: UUID, import_id: int, actor: Actor) -> None:
    """Asks the running check or import to stop: nothing of it is written. Raises NotFound, JobOver."""
    with tenant_scope(tenant_id):
        found = _locked(import_id)
        running = [job for job in (found.check_job, found.job) if job is not None and not job.is_over]
        for job in running:
            job_service.cancel(tenant_id=tenant_id, job_id=job.pk, actor=actor)


def _locked(import_id: int) -> ContactImport:
    rows = ContactImport.objects.select_related("job", "check_job", "undo_job")
    found = rows.select_for_update(of=("self",)).filter(pk=import_id).first()
    if found is None:
        raise NotFound
    return found


def _job(contact_import: ContactImport, kind: str, actor: Actor) -> Job:
    return job_service.create(
        tenant_id=contact_import.tenant_id,
        kind=kind,
        title=contact_import.file_name,
        actor=actor,
        arguments={"import": contact_import.pk},
    )


def _of(job: jobs.RunningJob) -> ContactImport:
    with tenant_scope(job.tenant_id):
        found = ContactImport.objects.filter(pk=job.arguments["import"]).first()
    if found is None:
        raise NotFound
    return found


def _import(job: jobs.RunningJob) -> dict[str, int]:
    found = _of(job)
    write_contacts(found, job.progress)
    counts = _numbers(found.counts or {})
    keep_contact_statistics(counts.get("new", 0) + counts.get("subscribed", 0))
    return counts


def _check(job: jobs.RunningJob) -> dict[str, int]:
    found = _of(job)
    with alone(found.pk):
        try:
            columns = stage_file(found, kept_file(found.pk), job.progress)
            with tenant_scope(job.tenant_id):
                counts = foresee(found, columns).as_json()
                if counts["rows"] == 0:
                    raise BadImportFile("no_rows")
                findings = {"counts": counts, "rows": first_problems(SHOWN_PROBLEMS)}
                # Somebody may have chosen other columns meanwhile: then these findings are of no use.
                ContactImport.objects.filter(pk=found.pk, check_job_id=job.id).update(findings=findings)
        finally:
            drop_staging()
    return _numbers(counts)


def _undo(job: jobs.RunningJob) -> dict[str, int]:
    return take_back(_of(job), lambda: job.progress(1, 1))


def _numbers(counts: Mapping[str, object]) -> dict[str, int]:
    return {name: value for name, value in counts.items() if isinstance(value, int)}


def _page(job: Job) -> str:
    found = job.arguments.get("import")
    if not found:
        return reverse("campaigns:imports", args=[job.tenant.slug])
    name = "campaigns:import_check" if job.kind == CHECK else "campaigns:import"
    return reverse(name, args=[job.tenant.slug, found])
