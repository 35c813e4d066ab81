"""The audit trail as a file: a job."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.audit_words import change_words, object_words, verb_words
from accounts.csv_file import MEDIA_TYPE, CsvFile
from accounts.jobs import JobKind, RunningJob
from accounts.permissions import Capability
from accounts.selectors.audit import AuditFilter, audit_rows
from accounts.tenancy import tenant_scope

NAME: Final = "audit_export"


def arguments_of(wanted: AuditFilter) -> dict[str, Any]:
    """The filter as a job keeps it."""
    return {
        "person": wanted.person,
        "verb": wanted.verb,
        "since": wanted.since.isoformat() if wanted.since else None,
        "before": wanted.before.isoformat() if wanted.before else None,
    }


def filter_of(arguments: Mapping[str, Any]) -> AuditFilter:
    """The way back."""
    since, before = arguments.get("since"), arguments.get("before")
    return AuditFilter(
        person=arguments.get("person"),
        verb=arguments.get("verb", ""),
        since=datetime.fromisoformat(since) if since else None,
        before=datetime.fromisoformat(before) if before else None,
    )


def export_audit(job: RunningJob) -> dict[str, int]:
    """Writes every event that the filter finds, oldest first, in words and with its raw values."""
    columns = (
        _("Time"), _("Person"), _("Deed"), _("To what"), _("Changes"), _("Address"), _("Request ID"), "verb",
        "object_type", "object_id",
    )  # fmt: skip
    path = job.keep_file("audit-log.csv", MEDIA_TYPE)
    with path.open("wb") as target, tenant_scope(job.tenant_id):
        sheet = CsvFile(target, columns)
        for event in audit_rows(tenant_id=job.tenant_id, wanted=filter_of(job.arguments)):
            sheet.write(
                (
                    event.at,
                    event.actor,
                    verb_words(event.verb),
                    object_words(event),
                    "\n".join(change_words(event)),
                    event.address,
                    event.request_id,
                    event.verb,
                    event.object_type,
                    event.object_id,
                )
            )
            job.progress(sheet.rows)
    return {"events": sheet.rows}


KIND: Final = JobKind(
    name=NAME,
    label=gettext_lazy("Export of the audit log"),
    run=export_audit,
    counts={"events": gettext_lazy("Events")},
    capability=Capability.AUDIT_VIEW,
)
