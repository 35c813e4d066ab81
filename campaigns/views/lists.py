"""The lists: with how many people they have, a new one, and the page of one with its people."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from accounts.csv_file import Encoding
from accounts.permissions import Capability, allows
from accounts.selectors.membership import Member
from accounts.views.access import tenant_page
from campaigns.exceptions import BadName, ListInUse
from campaigns.models import ContactList, Subscription
from campaigns.selectors.contacts import SUPPRESSED, Wanted, contact_page
from campaigns.selectors.lists import list_row, list_rows
from campaigns.services import lists as service
from campaigns.views.actor import actor_of

MOST_NAME = 200


class NameForm(forms.Form):
    """The name of a list."""

    name = forms.CharField(
        max_length=MOST_NAME,
        label=gettext_lazy("Name"),
        help_text=gettext_lazy("Recipients see it on the unsubscribe page."),
    )

    def __init__(self, data: Any = None, **values: Any) -> None:
        super().__init__(data, **values)
        self.fields["name"].widget.attrs["autocomplete"] = "off"


@tenant_page(Capability.VIEW)
@require_GET
def lists(request: HttpRequest, member: Member) -> HttpResponse:
    """By name; `?archived=1` the archived ones."""
    return _lists(request, member, NameForm())


@tenant_page(Capability.CONTACTS_EDIT)
@require_POST
def list_create(request: HttpRequest, member: Member) -> HttpResponse:
    """A new list."""
    form = NameForm(request.POST)
    if form.is_valid():
        name = " ".join(form.cleaned_data["name"].split())
        if ContactList.objects.filter(tenant_id=member.tenant_id, name=name).exists():
            form.add_error("name", _("A list has this name already."))
        else:
            made = service.create_list(tenant_id=member.tenant_id, name=name, actor=actor_of(request, member))
            messages.success(request, _("The list is made. Import people into it, or add them one by one."))
            return redirect("campaigns:list", member.slug, made.pk)
    return _lists(request, member, form)


@tenant_page(Capability.VIEW)
@require_GET
def mailing_list(request: HttpRequest, member: Member, list_id: int) -> HttpResponse:
    """One list and its people."""
    return _list(request, member, list_id, None)


@tenant_page(Capability.CONTACTS_EDIT)
@require_POST
def list_rename(request: HttpRequest, member: Member, list_id: int) -> HttpResponse:
    """Another name."""
    list_row(tenant_id=member.tenant_id, mailing_list_id=list_id)
    form = NameForm(request.POST)
    if form.is_valid():
        try:
            service.rename_list(
                tenant_id=member.tenant_id,
                mailing_list_id=list_id,
                name=form.cleaned_data["name"],
                actor=actor_of(request, member),
            )
        except BadName:
            form.add_error("name", _("A list has this name already."))
        else:
            messages.success(request, _("Saved."))
            return redirect("campaigns:list", member.slug, list_id)
    return _list(request, member, list_id, form)


@tenant_page(Capability.CONTACTS_EDIT)
@require_POST
def list_archive(request: HttpRequest, member: Member, list_id: int) -> HttpResponse:
    """Archives a list, or brings it back with `restore=1`."""
    archived = request.POST.get("restore") != "1"
    service.archive_list(
        tenant_id=member.tenant_id,
        mailing_list_id=list_id,
        archived=archived,
        actor=actor_of(request, member),
    )
    said = _("The list is archived. No new campaign can choose it.") if archived else _("The list is back.")
    messages.success(request, said)
    return redirect("campaigns:list", member.slug, list_id)


@tenant_page(Capability.CONTACTS_EDIT)
@require_POST
def list_delete(request: HttpRequest, member: Member, list_id: int) -> HttpResponse:
    """Deletes a list that was never used."""
    try:
        service.delete_list(
            tenant_id=member.tenant_id, mailing_list_id=list_id, actor=actor_of(request, member)
        )
    except ListInUse as error:
        messages.error(request, f"{error} ({error.code})")
        return redirect("campaigns:list", member.slug, list_id)
    messages.success(request, _("The list is deleted."))
    return redirect("campaigns:lists", member.slug)


def _lists(request: HttpRequest, member: Member, form: NameForm) -> HttpResponse:
    archived = request.GET.get("archived") == "1"
    context = {
        "rows": list_rows(tenant_id=member.tenant_id, archived=archived),
        "archived": archived,
        "form": form,
        "may_edit": allows(member.role, Capability.CONTACTS_EDIT),
    }
    return render(request, "campaigns/lists.html", context, status=422 if form.errors else 200)


def _list(request: HttpRequest, member: Member, list_id: int, refused: NameForm | None) -> HttpResponse:
    row = list_row(tenant_id=member.tenant_id, mailing_list_id=list_id)
    states = [*Subscription.State.choices, (SUPPRESSED, _("Suppressed"))]
    state = request.GET.get("state", "")
    wanted = Wanted(mailing_list_id=list_id, state=state if state in dict(states) else "")
    found = contact_page(tenant_id=member.tenant_id, wanted=wanted, cursor=request.GET.get("cursor"))
    context = {
        "row": row,
        "list": row.mailing_list,
        "found": found,
        "wanted": wanted,
        "page": found.page,
        "state": wanted.state,
        "states": states,
        "form": refused or NameForm(initial={"name": row.mailing_list.name}),
        "may_edit": allows(member.role, Capability.CONTACTS_EDIT),
        "encodings": Encoding.choices,
        "may_export": allows(member.role, Capability.CONTACTS_EXPORT),
    }
    return render(request, "campaigns/list.html", context, status=422 if refused else 200)
