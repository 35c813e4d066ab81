"""The addresses that an organization may not mail: the list, more of them by hand, and taking one off."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from accounts.csv_file import Encoding
from accounts.permissions import Capability, allows
from accounts.selectors.membership import Member
from accounts.views.access import tenant_page
from campaigns.models import Suppression
from campaigns.selectors.suppressions import find_suppression, suppression_page
from campaigns.services.import_errors import reason_text
from campaigns.services.suppress_many import Outcome, suppress_many
from campaigns.services.suppression import remove_suppression
from campaigns.views.actor import actor_of
from campaigns.views.contact_forms import PasteForm, RemovalForm

MOST_LINES = 10_000


@tenant_page(Capability.VIEW)
@require_GET
def suppression_list(request: HttpRequest, member: Member) -> HttpResponse:
    """Newest first, those of one address, or those that may be taken back."""
    address = request.GET.get("q", "").strip()
    provisional = request.GET.get("provisional") == "1"
    page = suppression_page(
        tenant_id=member.tenant_id,
        cursor=request.GET.get("cursor"),
        address=address,
        provisional=provisional,
    )
    context = {
        "page": page,
        "q": address,
        "provisional": provisional,
        "now": timezone.now(),
        "may_edit": allows(member.role, Capability.CONTACTS_EDIT),
        "encodings": Encoding.choices,
        "may_export": allows(member.role, Capability.CONTACTS_EXPORT),
    }
    return render(request, "campaigns/suppressions.html", context)


@tenant_page(Capability.CONTACTS_EDIT)
def suppression_add(request: HttpRequest, member: Member) -> HttpResponse:
    """One address or many, pasted; what is no address is told line by line, the others are kept."""
    form = PasteForm(request.POST if request.method == "POST" else None)
    outcome: Outcome | None = None
    if form.is_valid():
        lines = form.cleaned_data["addresses"].replace("\r\n", "\n").split("\n")
        if len(lines) > MOST_LINES:
            form.add_error("addresses", _("These are more than 10,000 lines. Import a file instead."))
        else:
            outcome = suppress_many(
                tenant_id=member.tenant_id,
                lines=enumerate(lines, 1),
                scope=Suppression.Scope(form.cleaned_data["scope"]),
                detail=" ".join(form.cleaned_data["detail"].split()),
                actor=actor_of(request, member),
            )
            if not outcome.refused:
                messages.success(request, _told(outcome))
                return redirect("campaigns:suppressions", member.slug)
            # What was taken is done: only what is left to mend stays in the form.
            kept = "\n".join(bad.text for bad in outcome.bad)
            form = PasteForm(initial=form.cleaned_data | {"addresses": kept})
    context = {
        "form": form,
        "outcome": outcome,
        "told": _told(outcome) if outcome else "",
        "bad": [(bad, reason_text(f"address_{bad.code}", "")) for bad in outcome.bad] if outcome else [],
    }
    status = 422 if form.errors else 200
    return render(request, "campaigns/suppression_add.html", context, status=status)


@tenant_page(Capability.CONTACTS_EDIT)
def suppression_remove(request: HttpRequest, member: Member, suppression_id: int) -> HttpResponse:
    """Asks why, warns where somebody complained or the mailbox is not there, then lets it be mailed again."""
    row = find_suppression(tenant_id=member.tenant_id, suppression_id=suppression_id)
    form = RemovalForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        remove_suppression(
            tenant_id=member.tenant_id,
            suppression_id=suppression_id,
            reason=form.cleaned_data["reason"],
            actor=actor_of(request, member),
        )
        messages.success(request, _("The address may be mailed again."))
        return redirect("campaigns:suppressions", member.slug)
    context = {"row": row, "form": form, "now": timezone.now()}
    return render(request, "campaigns/suppression_remove.html", context, status=422 if form.errors else 200)


def _told(outcome: Outcome) -> str:
    added = ngettext(
        "%(n)s address is suppressed from now on.",
        "%(n)s addresses are suppressed from now on.",
        outcome.added,
    ) % {"n": outcome.added}
    there = ngettext("%(n)s was so already.", "%(n)s were so already.", outcome.there) % {"n": outcome.there}
    return f"{added} {there}" if outcome.there else added
