"""Jobs: the list, one of them with the part that renews itself, stop, and the file."""

from dataclasses import dataclass
from typing import Final

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.audit import Actor
from accounts.exceptions import AccountsError, NotAllowed
from accounts.jobs import JobKind, kind_of, label_of
from accounts.models import Job
from accounts.permissions import Capability, allows
from accounts.selectors.jobs import find_job, job_page
from accounts.selectors.membership import Member
from accounts.services.jobs import cancel, open_result
from accounts.services.post import labelled_counts
from accounts.views.access import tenant_page
from relay_saas.web.problems import Text

BADGES: Final = {
    Job.State.WAITING: "neutral",
    Job.State.RUNNING: "info",
    Job.State.DONE: "ok",
    Job.State.FAILED: "danger",
    Job.State.CANCELLED: "neutral",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownJob:
    """A job as its pages show it."""

    job: Job
    label: Text
    badge: str
    page: str

    @property
    def starter(self) -> str:
        """Who started it; empty where it was the system or a person who is gone."""
        person = self.job.created_by
        return (person.name or person.email) if person is not None else ""

    @property
    def stopping(self) -> bool:
        """Whether somebody asked to stop and the work has not heard it yet."""
        return self.job.cancel_requested_at is not None and not self.job.is_over


@tenant_page(Capability.VIEW)
@require_GET
def job_list(request: HttpRequest, member: Member) -> HttpResponse:
    """Newest first."""
    page = job_page(tenant_id=member.tenant_id, cursor=request.GET.get("cursor"))
    context = {"page": page, "rows": [_shown(job, with_page=False) for job in page.items]}
    return render(request, "console/jobs.html", context)


@tenant_page(Capability.VIEW)
@require_GET
def job_page_of(request: HttpRequest, member: Member, job_id: int) -> HttpResponse:
    """One job: how far it is, then what came of it."""
    return render(request, "console/job.html", _context(member, job_id))


@tenant_page(Capability.VIEW)
@require_GET
def job_live(request: HttpRequest, member: Member, job_id: int) -> HttpResponse:
    """The moving part of the page."""
    return render(request, "console/job_live.html", _context(member, job_id))


@tenant_page(Capability.CONTACTS_EXPORT)
@require_POST
def job_cancel(request: HttpRequest, member: Member, job_id: int) -> HttpResponse:
    """Stops it."""
    job = find_job(tenant_id=member.tenant_id, job_id=job_id)
    if not _may_stop(member, job):
        raise NotAllowed
    try:
        cancel(tenant_id=member.tenant_id, job_id=job_id, actor=_actor(request, member))
    except AccountsError as error:
        messages.error(request, f"{error} ({error.code})")
    else:
        messages.success(request, _("The work is being stopped."))
    return redirect("console:job", member.slug, job_id)


@tenant_page(Capability.CONTACTS_EXPORT)
@require_GET
def job_file(request: HttpRequest, member: Member, job_id: int) -> FileResponse:
    """The file that the job made, streamed; its name may hold any letters."""
    job = find_job(tenant_id=member.tenant_id, job_id=job_id)
    if not _may_fetch(member, job):
        raise NotAllowed
    file = open_result(job, actor=_actor(request, member))
    return FileResponse(file, as_attachment=True, filename=job.result_name, content_type=job.result_type)


def _context(member: Member, job_id: int) -> dict[str, object]:
    job = find_job(tenant_id=member.tenant_id, job_id=job_id)
    return {
        "shown": _shown(job, with_page=True),
        "job": job,
        "counts": labelled_counts(job),
        "may_stop": not job.is_over and _may_stop(member, job),
        "may_fetch": _may_fetch(member, job),
        # The mail goes to whoever started it.
        "mails": job.created_by_id == member.user_id and _mails(job),
    }


def _shown(job: Job, *, with_page: bool) -> ShownJob:
    kind = kind_of(job.kind)
    return ShownJob(
        job=job,
        label=label_of(job),
        badge=BADGES[Job.State(job.state)],
        page=_page(job, kind) if with_page else "",
    )


def _page(job: Job, kind: JobKind | None) -> str:
    return kind.page(job) if kind is not None and kind.page is not None else ""


def _mails(job: Job) -> bool:
    kind = kind_of(job.kind)
    return kind is None or kind.mails


def _capability(job: Job) -> Capability:
    kind = kind_of(job.kind)
    return kind.capability if kind is not None else Capability.CONTACTS_EXPORT


def _may_fetch(member: Member, job: Job) -> bool:
    needed = {Capability.CONTACTS_EXPORT, _capability(job)}
    return all(allows(member.role, capability) for capability in needed)


def _may_stop(member: Member, job: Job) -> bool:
    return allows(member.role, Capability.CONTACTS_EXPORT) and (
        job.created_by_id == member.user_id or allows(member.role, _capability(job))
    )


def _actor(request: HttpRequest, member: Member) -> Actor:
    return Actor(
        name=request.user.get_username(), user_id=member.user_id, address=request.META.get("REMOTE_ADDR", "")
    )
