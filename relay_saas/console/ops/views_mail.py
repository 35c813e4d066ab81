"""Mail to postmaster@, abuse@ and fbl@ of our names: somebody must read it, here."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from delivery.selectors import operations
from delivery.selectors.role_mail import open_mail, role_mail, role_owner
from relay_saas.console.ops import acts
from relay_saas.console.ops.access import actor_of, operator_page
from relay_saas.console.ops.forms import ReasonForm

MOST_MAIL = 200
_REFUSED = 422


@operator_page()
def mails(request: HttpRequest) -> HttpResponse:
    """What waits for somebody, or what was done."""
    done = request.GET.get("done") == "1"
    with operations.patience():
        lines = role_mail(waiting=not done, most=MOST_MAIL)
    return render(request, "console/ops/mails.html", {"lines": lines, "done": done, "most": MOST_MAIL})


@operator_page()
def mail(request: HttpRequest, number: int) -> HttpResponse:
    """One of them as text; each look is in the audit trail."""
    acts.note_mail(number=number, tenant_id=role_owner(number), actor=actor_of(request))
    return _shown(request, number, ReasonForm(prefix="mail"))


@operator_page("POST")
def done(request: HttpRequest, number: int) -> HttpResponse:
    """Marks it as done, with what was done."""
    if request.method != "POST":
        return redirect("ops:mails")
    tenant_id = role_owner(number)
    form = ReasonForm(request.POST, prefix="mail")
    if not form.is_valid():
        return _shown(request, number, form, status=_REFUSED)
    acts.mail_done(
        tenant_id=tenant_id, number=number, reason=form.cleaned_data["reason"], actor=actor_of(request)
    )
    messages.success(request, _("Marked as done."))
    return redirect("ops:mails")


def _shown(request: HttpRequest, number: int, form: ReasonForm, status: int = 200) -> HttpResponse:
    tenant_id = role_owner(number)
    context = {
        "opened": open_mail(tenant_id=tenant_id, number=number),
        "tenant": operations.tenant_names([tenant_id]).get(tenant_id, ""),
        "form": form,
    }
    return render(request, "console/ops/mail.html", context, status=status)
