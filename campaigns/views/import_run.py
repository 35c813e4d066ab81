"""Import of contacts: the dry check, the import as it goes, its result, its errors file, undoing it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.views.decorators.http import require_GET, require_POST

from accounts.models import Job
from accounts.permissions import Capability
from accounts.selectors.membership import Member
from accounts.views.access import tenant_page
from campaigns.models import ContactImport
from campaigns.selectors.imports import find_import
from campaigns.services import import_jobs
from campaigns.services.import_errors import errors_file, reason_text
from campaigns.views.actor import actor_of
from campaigns.views.import_frame import import_steps
from relay_saas.web.errors import RelayError

#: Cells of a bad row that the page shows.
SHOWN_CELLS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class BadRow:
    """A row that cannot be taken: line of the file, why, and its first cells."""

    line: int
    reason: str
    cells: list[str]


@tenant_page(Capability.CONTACTS_EDIT)
@require_GET
def import_check(request: HttpRequest, member: Member, import_id: int) -> HttpResponse:
    """Step 3: what would happen, found out over all rows."""
    found = find_import(tenant_id=member.tenant_id, import_id=import_id)
    if not found.is_open:
        return redirect("campaigns:import", member.slug, found.pk)
    return render(request, "campaigns/import_check.html", _check_context(member, found))


@tenant_page(Capability.CONTACTS_EDIT)
@require_GET
def import_check_live(request: HttpRequest, member: Member, import_id: int) -> HttpResponse:
    """The part of step 3 that renews itself."""
    found = find_import(tenant_id=member.tenant_id, import_id=import_id)
    return render(request, "campaigns/import_check_live.html", _check_context(member, found))


@tenant_page(Capability.CONTACTS_EDIT)
@require_GET
def import_run(request: HttpRequest, member: Member, import_id: int) -> HttpResponse:
    """Step 4: how far it is, then what came of it; one that has not begun leads to where it stands."""
    found = find_import(tenant_id=member.tenant_id, import_id=import_id)
    if found.stage == found.Stage.DRAFT:
        step = "import_check" if found.check_job is not None else "import_file"
        return redirect(f"campaigns:{step}", member.slug, found.pk)
    return render(request, "campaigns/import.html", _run_context(member, found))


@tenant_page(Capability.CONTACTS_EDIT)
@require_GET
def import_live(request: HttpRequest, member: Member, import_id: int) -> HttpResponse:
    """The part of step 4 that renews itself."""
    found = find_import(tenant_id=member.tenant_id, import_id=import_id)
    return render(request, "campaigns/import_live.html", _run_context(member, found))


@tenant_page(Capability.CONTACTS_EDIT)
@require_POST
def import_check_again(request: HttpRequest, member: Member, import_id: int) -> HttpResponse:
    """Looks at all rows once more."""
    return _deed(request, member, import_id, import_jobs.start_check, "import_check")


@tenant_page(Capability.CONTACTS_EDIT)
@require_POST
def import_start(request: HttpRequest, member: Member, import_id: int) -> HttpResponse:
    """Begins the import; a second click finds it begun."""
    return _deed(request, member, import_id, import_jobs.start_import, "import")


@tenant_page(Capability.CONTACTS_EDIT)
@require_POST
def import_stop(request: HttpRequest, member: Member, import_id: int) -> HttpResponse:
    """Stops the check or the import; nothing of it is written."""
    return _deed(request, member, import_id, import_jobs.stop, "import_check")


@tenant_page(Capability.CONTACTS_EDIT)
@require_POST
def import_undo(request: HttpRequest, member: Member, import_id: int) -> HttpResponse:
    """Takes a finished import back."""
    return _deed(request, member, import_id, import_jobs.start_undo, "import")


@tenant_page(Capability.CONTACTS_EDIT)
@require_GET
def import_errors(request: HttpRequest, member: Member, import_id: int) -> HttpResponseBase:
    """The rows that were not taken, as a file; `?encoding=cp932` for programs that know nothing else."""
    encoding = "cp932" if request.GET.get("encoding") == "cp932" else "utf-8"
    pieces = errors_file(
        tenant_id=member.tenant_id,
        import_id=import_id,
        language=translation.get_language() or "en",
        encoding=encoding,
    )
    charset = "shift_jis" if encoding == "cp932" else "utf-8"
    response = StreamingHttpResponse(pieces, content_type=f"text/csv; charset={charset}")
    # The name is ours: what the uploaded file was called has no place in a header.
    response["Content-Disposition"] = f'attachment; filename="import-{import_id}-errors.csv"'
    return response


def _deed(
    request: HttpRequest, member: Member, import_id: int, deed: Callable[..., object], page: str
) -> HttpResponse:
    """Does it and leads to `page`; a refusal leads to where the import stands, and says why."""
    found = find_import(tenant_id=member.tenant_id, import_id=import_id)
    try:
        deed(tenant_id=member.tenant_id, import_id=found.pk, actor=actor_of(request, member))
    except RelayError as error:
        messages.error(request, f"{error} ({error.code})")
        page = "import_check"
    # The check leads on to the import itself where that has begun.
    return redirect(f"campaigns:{page}", member.slug, found.pk)


def _check_context(member: Member, found: ContactImport) -> dict[str, Any]:
    job, findings = found.check_job, found.findings
    return {
        "draft": found,
        "job": job,
        "moving": job is not None and not job.is_over,
        "pace": _pace(job),
        "counts": findings["counts"] if findings else None,
        "bad": [_bad(row) for row in findings["rows"]] if findings else [],
        "steps": import_steps(member, found, 3),
    }


def _run_context(member: Member, found: ContactImport) -> dict[str, Any]:
    stage = found.stage
    job = found.undo_job if stage == found.Stage.UNDOING else found.job
    return {
        "draft": found,
        "stage": stage,
        "job": job,
        "moving": stage in {found.Stage.RUNNING, found.Stage.UNDOING},
        "pace": _pace(job),
        "counts": found.result,
        "not_taken": found.not_taken,
        "steps": import_steps(member, found, 4),
    }


def _pace(job: Job | None) -> int:
    """Rows a second; 0 where nothing can be said yet."""
    if job is None or job.started_at is None or not job.done:
        return 0
    seconds = ((job.finished_at or timezone.now()) - job.started_at).total_seconds()
    return round(job.done / seconds) if seconds >= 1 else 0


def _bad(row: dict[str, Any]) -> BadRow:
    return BadRow(
        line=row["line"],
        reason=reason_text(row["reason"], row["detail"]),
        cells=[cell[:60] for cell in row["cells"][:SHOWN_CELLS] if cell.strip()],
    )
