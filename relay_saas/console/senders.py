"""The pages of senders: who mail is from, each below a verified domain."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.exceptions import BadSender
from accounts.models import Sender, SendingDomain
from accounts.permissions import Capability, allows
from accounts.selectors.domains import domains_of
from accounts.selectors.membership import Member
from accounts.selectors.senders import all_senders, find_sender
from accounts.services.senders import MAX_NAME, SenderDraft, create_sender, delete_sender, update_sender
from accounts.views.access import tenant_page
from accounts.views.actors import actor_of

#: Which field an error of the service belongs to.
_FIELD_OF = {"bad_name": "name", "bad_reply_to": "reply_to"}


class SenderForm(forms.Form):
    """What a person writes; the service knows what is right."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        required=False,
        max_length=MAX_NAME,
        help_text=gettext_lazy("What people see first in their mailbox: a shop’s or a person’s name."),
    )
    address = forms.CharField(
        label=gettext_lazy("Address"),
        max_length=320,
        widget=forms.TextInput(attrs={"inputmode": "email", "spellcheck": "false", "autocomplete": "off"}),
    )
    reply_to = forms.CharField(
        label=gettext_lazy("Answers go to"),
        required=False,
        max_length=320,
        help_text=gettext_lazy("Any address that somebody reads. Empty: the sender’s own."),
        widget=forms.TextInput(attrs={"inputmode": "email", "spellcheck": "false", "autocomplete": "off"}),
    )
    is_default = forms.BooleanField(
        label=gettext_lazy("New campaigns begin with this sender"), required=False
    )

    def draft(self) -> SenderDraft:
        """The values for the service."""
        return SenderDraft(**self.cleaned_data)


@tenant_page(Capability.VIEW)
@require_GET
def senders(request: HttpRequest, member: Member) -> HttpResponse:
    """All senders."""
    context = {
        "senders": all_senders(member.tenant_id),
        "may_edit": allows(member.role, Capability.DOMAINS_EDIT),
        "verified": _verified(member),
    }
    return render(request, "console/senders.html", context)


@tenant_page(Capability.DOMAINS_EDIT)
@require_http_methods(["GET", "POST"])
def sender_new(request: HttpRequest, member: Member) -> HttpResponse:
    """Another sender."""
    form = SenderForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            create_sender(tenant_id=member.tenant_id, draft=form.draft(), actor=actor_of(request, member))
        except BadSender as error:
            form.add_error(_FIELD_OF.get(error.code, "address"), f"{error} ({error.code})")
        else:
            messages.success(request, _("The sender is saved."))
            return redirect("console:senders", member.slug)
    return _page(request, member, form, None)


@tenant_page(Capability.DOMAINS_EDIT)
@require_http_methods(["GET", "POST"])
def sender(request: HttpRequest, member: Member, sender_id: int) -> HttpResponse:
    """A sender's form."""
    found = find_sender(tenant_id=member.tenant_id, sender_id=sender_id)
    form = SenderForm(request.POST or None, initial=_initial(found))
    if request.method == "POST" and form.is_valid():
        try:
            update_sender(
                tenant_id=member.tenant_id,
                sender_id=sender_id,
                draft=form.draft(),
                actor=actor_of(request, member),
            )
        except BadSender as error:
            form.add_error(_FIELD_OF.get(error.code, "address"), f"{error} ({error.code})")
        else:
            messages.success(request, _("The sender is saved."))
            return redirect("console:senders", member.slug)
    return _page(request, member, form, found)


@tenant_page(Capability.DOMAINS_EDIT)
@require_POST
def sender_delete(request: HttpRequest, member: Member, sender_id: int) -> HttpResponse:
    """Removes a sender; campaigns that were written with it keep its address."""
    delete_sender(tenant_id=member.tenant_id, sender_id=sender_id, actor=actor_of(request, member))
    messages.success(request, _("The sender is removed. Campaigns that use its address keep it."))
    return redirect("console:senders", member.slug)


def _page(request: HttpRequest, member: Member, form: SenderForm, found: Sender | None) -> HttpResponse:
    context = {"form": form, "sender": found, "verified": _verified(member)}
    status = 422 if form.is_bound else 200
    return render(request, "console/sender.html", context, status=status)


def _initial(found: Sender) -> dict[str, Any]:
    return {name: getattr(found, name) for name in SenderForm.base_fields}


def _verified(member: Member) -> list[SendingDomain]:
    domains = domains_of(member.tenant_id)
    return [domain for domain in domains if domain.state == SendingDomain.State.VERIFIED]
