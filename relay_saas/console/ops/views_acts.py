"""The operators' deeds: each asks for a reason, is confirmed in a dialog, and stands in the audit trail."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from delivery.selectors import operations
from relay_saas.console.ops import acts, board
from relay_saas.console.ops.access import actor_of, operator_page
from relay_saas.console.ops.forms import ExpireForm, RedSwitchForm, StopForm
from relay_saas.console.ops.target import Target
from relay_saas.console.ops.views import overview_context, provider_context
from relay_saas.web.errors import NotFound

_REFUSED = 422


@operator_page("POST")
def red_switch(request: HttpRequest) -> HttpResponse:
    """Stops everything, a stream or a provider; a GET leads to the switch."""
    if request.method != "POST":
        return redirect("ops:overview")
    rows = operations.lanes()
    providers = {line.id: line.name for line in board.provider_lines(rows, [])}
    form = RedSwitchForm(request.POST, prefix="red", rows=rows, providers=providers)
    if not form.is_valid():
        return render(request, "console/ops/overview.html", overview_context(form), status=_REFUSED)
    _stop(request, form)
    return redirect("ops:overview")


@operator_page("POST")
def suspend(request: HttpRequest, provider_id: int) -> HttpResponse:
    """Stops one provider from its page."""
    if request.method != "POST":
        return redirect("ops:provider", provider_id)
    form = StopForm(_of(request, provider_id), prefix="stop")
    if not form.is_valid():
        context = provider_context(provider_id, stop=form)
        return render(request, "console/ops/provider.html", context, status=_REFUSED)
    _stop(request, form)
    return redirect("ops:provider", provider_id)


@operator_page("POST")
def lift(request: HttpRequest, policy_id: int) -> HttpResponse:
    """Ends a suspension or a slow-down: sending goes on."""
    if request.method != "POST":
        return redirect("ops:policies")
    ended = acts.lift(policy_id=policy_id, actor=actor_of(request))
    [line] = board.policy_lines([ended])
    messages.success(request, _("Lifted: %(what)s. Sending goes on.") % {"what": line.what})
    return redirect("ops:policies")


@operator_page("POST")
def expire(request: HttpRequest, provider_id: int) -> HttpResponse:
    """Gives up what has waited too long for one provider."""
    if request.method != "POST":
        return redirect("ops:provider", provider_id)
    form = ExpireForm(_of(request, provider_id), prefix="expire")
    if not form.is_valid():
        context = provider_context(provider_id, expire=form)
        return render(request, "console/ops/provider.html", context, status=_REFUSED)
    target: Target = form.cleaned_data["what"]
    ended = acts.give_up(
        target=target, reason=form.cleaned_data["reason"], age=form.age, actor=actor_of(request)
    )
    if ended is None:
        messages.success(request, _("A worker gives them up now. The figures follow within moments."))
    else:
        text = ngettext("%(n)s message was given up.", "%(n)s messages were given up.", ended)
        messages.success(request, text % {"n": number_format(ended, force_grouping=True)})
    return redirect("ops:provider", provider_id)


def _stop(request: HttpRequest, form: StopForm) -> None:
    target: Target = form.cleaned_data["what"]
    acts.stop(target=target, reason=form.cleaned_data["reason"], lasts=form.lasting, actor=actor_of(request))
    messages.success(request, _("Stopped: %(what)s.") % {"what": target.label})


def _of(request: HttpRequest, provider_id: int) -> dict[str, str]:
    """The posted values, about this provider and no other; raises NotFound for provider 0."""
    if provider_id == 0:
        raise NotFound
    return {**request.POST.dict(), "what": f"provider:{provider_id}"}
