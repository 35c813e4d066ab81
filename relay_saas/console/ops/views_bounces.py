"""Bounces that nobody believes yet: providers that went wrong, and suppressions that can be taken back."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from delivery.models import Provider, SuppressionHold
from delivery.selectors import operations
from delivery.selectors.struck import Struck, struck, struck_group
from relay_saas.console.ops import acts
from relay_saas.console.ops.access import actor_of, operator_page
from relay_saas.console.ops.forms import ReasonForm
from relay_saas.web.errors import NotFound

MOST_HOLDS = 50
_REFUSED = 422


@operator_page()
def bounces(request: HttpRequest) -> HttpResponse:
    """Holds of the bounce guard, and provisional suppressions by provider, rule and hour."""
    with operations.patience():
        groups = struck()
    names = dict(Provider.objects.values_list("pk", "name"))
    holds = SuppressionHold.objects.order_by("-pk")[:MOST_HOLDS]
    context = {
        "groups": [(group, names.get(group.provider_id, "")) for group in groups],
        "holds": [
            (hold, names.get(hold.provider_id, ""), 100 * hold.share, 100 * hold.base_share) for hold in holds
        ],
        "now": timezone.now(),
    }
    return render(request, "console/ops/bounces.html", context)


@operator_page()
def group(request: HttpRequest) -> HttpResponse:
    """One group, and the two decisions on it."""
    found = _found(request.GET.get("what", ""))
    if found is None:
        return _gone(request)
    return render(request, "console/ops/bounce_group.html", _context(found, ReasonForm(prefix="group")))


@operator_page("POST")
def undo(request: HttpRequest) -> HttpResponse:
    """Lets the addresses be mailed again."""
    return _decide(request, undone=True)


@operator_page("POST")
def confirm(request: HttpRequest) -> HttpResponse:
    """Says that the bounces were right."""
    return _decide(request, undone=False)


def _decide(request: HttpRequest, *, undone: bool) -> HttpResponse:
    if request.method != "POST":
        return redirect("ops:bounces")
    found = _found(request.POST.get("what", ""))
    if found is None:
        return _gone(request)
    form = ReasonForm(request.POST, prefix="group")
    if not form.is_valid():
        return render(request, "console/ops/bounce_group.html", _context(found, form), status=_REFUSED)
    decided = acts.decide(
        group=found, undone=undone, reason=form.cleaned_data["reason"], actor=actor_of(request)
    )
    if undone:
        text = ngettext(
            "%(n)s address may be mailed again.", "%(n)s addresses may be mailed again.", decided.addresses
        )
    else:
        text = ngettext(
            "%(n)s address stays suppressed for good.",
            "%(n)s addresses stay suppressed for good.",
            decided.addresses,
        )
    messages.success(request, text % {"n": number_format(decided.addresses, force_grouping=True)})
    return redirect("ops:bounces")


def _found(word: str) -> Struck | None:
    try:
        with operations.patience():
            return struck_group(word)
    except NotFound:
        return None


def _gone(request: HttpRequest) -> HttpResponse:
    messages.warning(request, _("Nothing of this group is provisional any more."))
    return redirect("ops:bounces")


def _context(found: Struck, form: ReasonForm) -> dict[str, object]:
    name = Provider.objects.values_list("name", flat=True).get(pk=found.provider_id)
    return {"group": found, "provider": name, "form": form}
