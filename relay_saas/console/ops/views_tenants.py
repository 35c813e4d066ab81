"""Organizations and their jobs, for operators."""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from accounts.jobs import kind_of
from accounts.models import Job
from accounts.selectors.all_jobs import JobRow, all_jobs
from delivery.models import PolicyAction, PolicyState, Scope
from delivery.selectors import operations
from delivery.selectors.policies import active_policies
from relay_saas.console.ops import acts, board
from relay_saas.console.ops.access import actor_of, operator_page
from relay_saas.console.ops.forms import StopForm, stop_question
from relay_saas.web.errors import NotFound
from relay_saas.web.problems import Text
from tracking.selectors.tenant_figures import TenantFigures, tenant_figures

MOST_TENANTS: Final = 200
MOST_JOBS: Final = 100
_REFUSED: Final = 422
_BADGES: Final = {
    Job.State.WAITING: "neutral",
    Job.State.RUNNING: "info",
    Job.State.DONE: "ok",
    Job.State.FAILED: "danger",
    Job.State.CANCELLED: "neutral",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantLine:
    """An organization, and whether all of its sending is stopped."""

    figures: TenantFigures
    suspended: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class JobLine:
    """A job in words."""

    row: JobRow
    label: Text
    state: Text
    badge: str


@operator_page()
def tenants(request: HttpRequest) -> HttpResponse:
    """The organizations, most mail of today first."""
    word = request.GET.get("q", "").strip().replace("\0", "")[:100]
    with operations.patience():
        found = tenant_figures(wanted=word, most=MOST_TENANTS)
    stopped = _stopped()
    lines = [TenantLine(figures=one, suspended=one.tenant_id in stopped) for one in found]
    return render(request, "console/ops/tenants.html", {"lines": lines, "q": word, "most": MOST_TENANTS})


@operator_page()
def tenant(request: HttpRequest, tenant_id: UUID) -> HttpResponse:
    """One organization: figures, brakes, and the switch; each look is in the audit trail."""
    context = _context(tenant_id)
    acts.note_tenant(tenant_id=tenant_id, actor=actor_of(request))
    return render(request, "console/ops/tenant.html", context)


@operator_page("POST")
def tenant_stop(request: HttpRequest, tenant_id: UUID) -> HttpResponse:
    """Stops all sending of one organization."""
    if request.method != "POST":
        return redirect("ops:tenant", tenant_id)
    form = StopForm({**request.POST.dict(), "what": f"tenant:{tenant_id}"}, prefix="stop")
    if not form.is_valid():
        return render(request, "console/ops/tenant.html", _context(tenant_id, form), status=_REFUSED)
    target = form.cleaned_data["what"]
    acts.stop(target=target, reason=form.cleaned_data["reason"], lasts=form.lasting, actor=actor_of(request))
    messages.success(request, _("Stopped: %(what)s.") % {"what": target.label})
    return redirect("ops:tenant", tenant_id)


@operator_page()
def jobs(request: HttpRequest) -> HttpResponse:
    """Jobs of all organizations, newest first; each look is in the audit trail."""
    everything = request.GET.get("all") == "1"
    with operations.patience():
        rows = all_jobs(only_open=not everything, most=MOST_JOBS)
    if rows:
        acts.note_jobs(rows=rows, actor=actor_of(request))
    context = {"lines": [_line(row) for row in rows], "everything": everything, "most": MOST_JOBS}
    return render(request, "console/ops/jobs.html", context)


def _stopped() -> set[UUID]:
    """Organizations that an operator or a rule has stopped as a whole."""
    held = [one for one in active_policies() if one.action == PolicyAction.SUSPEND]
    return {one.tenant_id for one in held if one.tenant_id and one.scope == Scope(tenant_id=one.tenant_id)}


def _context(tenant_id: UUID, stop: StopForm | None = None) -> dict[str, Any]:
    """One organization's page, with a form that was refused or a fresh one; raises NotFound."""
    with operations.patience():
        found = tenant_figures(wanted=str(tenant_id), most=1)
        if not found:
            raise NotFound
        rows = [row for row in operations.lanes() if row.tenant_id == tenant_id]
    past = PolicyState.objects.filter(tenant_id=tenant_id).order_by("-id")[: board.MOST_LANES]
    lines = board.policy_lines(past)
    backlog = board.Backlog.of(rows)
    word = {"what": f"tenant:{tenant_id}"}
    return {
        "figures": found[0],
        "backlog": backlog,
        "lanes": board.lane_lines(rows[: board.MOST_LANES]),
        "held": [line for line in lines if line.policy.ended_at is None],
        "ended": [line for line in lines if line.policy.ended_at is not None],
        "stop": stop or StopForm(prefix="stop", initial=word),
        "question": stop_question(found[0].name, backlog.waiting + backlog.leased),
    }


def _line(row: JobRow) -> JobLine:
    kind, state = kind_of(row.kind), Job.State(row.state)
    return JobLine(
        row=row,
        label=kind.label if kind is not None else row.kind,
        state=state.label,
        badge=_BADGES[state],
    )
