"""Starts the jobs that carry contacts and suppressions out of here, and suppressions in."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from accounts.permissions import Capability
from accounts.selectors.membership import Member
from accounts.services import jobs
from accounts.views.access import tenant_page
from campaigns.exceptions import BadImportFile
from campaigns.models import ContactList, Suppression
from campaigns.selectors.contacts import Wanted
from campaigns.services import suppression_import
from campaigns.services.exports import encoding_of
from campaigns.views.actor import actor_of
from campaigns.views.contact_forms import MOST_REASON, SearchForm


class FileForm(forms.Form):
    """A file of addresses that are not to be mailed."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy(
            "CSV or text, UTF-8 or Shift_JIS, with a column named “email” or with one address a line;"
            " at most 64 MB."
        ),
    )
    scope = forms.ChoiceField(
        choices=Suppression.Scope, initial=Suppression.Scope.MARKETING, label=gettext_lazy("What is stopped")
    )
    detail = forms.CharField(
        max_length=MOST_REASON,
        label=gettext_lazy("Reason"),
        help_text=gettext_lazy("It stands beside each address from now on."),
    )

    def __init__(self, *args: Any, **values: Any) -> None:
        super().__init__(*args, **values)
        self.fields["file"].widget.attrs["accept"] = ".csv,.tsv,.txt,text/csv,text/plain"


@tenant_page(Capability.CONTACTS_EXPORT)
@require_POST
def contacts_export(request: HttpRequest, member: Member) -> HttpResponse:
    """The contacts that fit the search that stood above the button."""
    lists = list(ContactList.objects.filter(tenant_id=member.tenant_id).values_list("pk", "name"))
    form = SearchForm(request.POST, lists=lists)
    wanted = form.wanted if form.is_valid() else Wanted()
    job = jobs.create(
        tenant_id=member.tenant_id,
        kind="contact_export",
        title=dict(lists).get(wanted.mailing_list_id or 0) or wanted.text or _("All contacts"),
        actor=actor_of(request, member),
        arguments=wanted.as_json() | {"encoding": encoding_of(request.POST.get("encoding", ""))},
    )
    return redirect("console:job", member.slug, job.pk)


@tenant_page(Capability.CONTACTS_EXPORT)
@require_POST
def suppressions_export(request: HttpRequest, member: Member) -> HttpResponse:
    """All suppressions."""
    job = jobs.create(
        tenant_id=member.tenant_id,
        kind="suppression_export",
        title=_("All suppressions"),
        actor=actor_of(request, member),
        arguments={"encoding": encoding_of(request.POST.get("encoding", ""))},
    )
    return redirect("console:job", member.slug, job.pk)


@tenant_page(Capability.CONTACTS_EDIT)
def suppressions_import(request: HttpRequest, member: Member) -> HttpResponse:
    """A file of addresses to suppress."""
    form = FileForm(request.POST, request.FILES) if request.method == "POST" else FileForm()
    if form.is_valid():
        upload = form.cleaned_data["file"]
        try:
            job = suppression_import.start(
                tenant_id=member.tenant_id,
                file_name=upload.name,
                data=upload,
                scope=Suppression.Scope(form.cleaned_data["scope"]),
                detail=" ".join(form.cleaned_data["detail"].split()),
                actor=actor_of(request, member),
            )
        except BadImportFile as error:
            form.add_error("file", f"{error} ({error.code})")
        else:
            return redirect("console:job", member.slug, job.pk)
    return render(
        request, "campaigns/suppression_import.html", {"form": form}, status=422 if form.errors else 200
    )
