"""A database that was restored from a copy: what it may have sent already, and a person's decision."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from delivery.engine.incarnation import RESTORED
from delivery.selectors import operations
from delivery.selectors.policies import active_policies
from delivery.selectors.restored import restored_at, waiting
from relay_saas.console.ops import acts
from relay_saas.console.ops.access import actor_of, operator_page
from relay_saas.console.ops.forms import ReasonForm

_REFUSED = 422


@operator_page()
def restored(request: HttpRequest) -> HttpResponse:
    """Whether this is a restored copy, what is held, and the two decisions."""
    return _page(request)


@operator_page("POST")
def doubt(request: HttpRequest) -> HttpResponse:
    """Gives up what may have been sent already."""
    if request.method != "POST":
        return redirect("ops:restored")
    form = ReasonForm(request.POST, prefix="doubt")
    if not form.is_valid():
        return _page(request, doubt=form, status=_REFUSED)
    acts.give_up_restored(reason=form.cleaned_data["reason"], actor=actor_of(request))
    messages.success(request, _("A worker puts them in doubt now. The figures follow within moments."))
    return redirect("ops:restored")


@operator_page("POST")
def resume(request: HttpRequest) -> HttpResponse:
    """Lifts the suspension: what still waits is sent."""
    if request.method != "POST":
        return redirect("ops:restored")
    form = ReasonForm(request.POST, prefix="resume")
    if not form.is_valid():
        return _page(request, resume=form, status=_REFUSED)
    ended = acts.resume_restored(reason=form.cleaned_data["reason"], actor=actor_of(request))
    messages.success(request, _("Sending goes on.") if ended else _("Nothing was suspended."))
    return redirect("ops:restored")


def _page(
    request: HttpRequest,
    doubt: ReasonForm | None = None,
    resume: ReasonForm | None = None,
    status: int = 200,
) -> HttpResponse:
    with operations.patience():
        lines = waiting()
    context = {
        "at": restored_at(),
        "held": active_policies().filter(rule=RESTORED).first(),
        "lines": lines,
        "total": sum(line.messages for line in lines),
        "doubt": doubt or ReasonForm(prefix="doubt"),
        "resume": resume or ReasonForm(prefix="resume"),
    }
    return render(request, "console/ops/restored.html", context, status=status)
