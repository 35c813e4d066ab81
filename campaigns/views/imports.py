"""Import of contacts: past imports, the upload, how the file is read, what its columns are."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.permissions import Capability
from accounts.selectors.membership import Member
from accounts.views.access import tenant_page
from campaigns.exceptions import CampaignsError, ImportRefused
from campaigns.models import ContactField, ContactImport
from campaigns.selectors.imports import find_import, import_page
from campaigns.selectors.lists import list_names
from campaigns.services import import_drafts
from campaigns.services.import_jobs import start_check
from campaigns.views.actor import actor_of
from campaigns.views.import_forms import DELIMITERS, MappingForm, ReadingForm, UploadForm
from campaigns.views.import_frame import import_steps


@tenant_page(Capability.CONTACTS_EDIT)
@require_GET
def imports(request: HttpRequest, member: Member) -> HttpResponse:
    """Imports of the past and those that go on, newest first."""
    page = import_page(tenant_id=member.tenant_id, cursor=request.GET.get("cursor"))
    return render(request, "campaigns/imports.html", {"page": page})


@tenant_page(Capability.CONTACTS_EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def import_new(request: HttpRequest, member: Member) -> HttpResponse:
    """Step 1: the file, the list, the consent."""
    lists = [(str(pk), name) for pk, name in list_names(tenant_id=member.tenant_id)]
    if request.method != "POST":
        form = UploadForm(lists=lists, initial={"mailing_list": request.GET.get("list", "")})
        return _upload_page(request, member, form)
    form = UploadForm(request.POST, request.FILES, lists=lists)
    if form.is_valid():
        file_name, data = form.upload
        upload = import_drafts.Upload(
            file_name=file_name,
            data=data,
            mailing_list_id=form.list_id,
            new_list=form.cleaned_data["new_list"],
            consent=form.cleaned_data["consent"],
            consent_note=form.cleaned_data["consent_note"],
        )
        try:
            draft = import_drafts.begin(
                tenant_id=member.tenant_id, upload=upload, actor=actor_of(request, member)
            )
        except CampaignsError as error:
            pasted = not request.FILES.get("file")
            form.add_error("text" if pasted else "file", f"{error} ({error.code})")
        else:
            return redirect("campaigns:import_file", member.slug, draft.pk)
    return _upload_page(request, member, form, status=422)


@tenant_page(Capability.CONTACTS_EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def import_file(request: HttpRequest, member: Member, import_id: int) -> HttpResponse:
    """Step 1, the file seen: encoding, delimiter, first rows, and other ways to read it."""
    draft = find_import(tenant_id=member.tenant_id, import_id=import_id)
    form = ReadingForm(request.POST) if request.method == "POST" else ReadingForm.of(draft)
    try:
        if form.is_bound and form.is_valid() and _read_again(draft, form):
            step = "import_map" if request.POST.get("go") == "next" else "import_file"
            return redirect(f"campaigns:{step}", member.slug, draft.pk)
        shown = import_drafts.beginning(draft)
    except CampaignsError as error:
        return _away(request, member, draft, error)
    context = {"draft": draft, "form": form, "shown": shown, "steps": import_steps(member, draft, 1)}
    return render(request, "campaigns/import_file.html", context, status=422 if form.errors else 200)


@tenant_page(Capability.CONTACTS_EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def import_map(request: HttpRequest, member: Member, import_id: int) -> HttpResponse:
    """Step 2: what each column is; then every row is checked."""
    draft = find_import(tenant_id=member.tenant_id, import_id=import_id)
    try:
        form = _mapping(draft, request.POST if request.method == "POST" else None)
        if form.is_bound and form.is_valid():
            import_drafts.choose_columns(draft=draft, choices=form.choices)
            start_check(tenant_id=member.tenant_id, import_id=draft.pk, actor=actor_of(request, member))
            return redirect("campaigns:import_check", member.slug, draft.pk)
    except CampaignsError as error:
        return _away(request, member, draft, error)
    context = {"draft": draft, "form": form, "steps": import_steps(member, draft, 2)}
    return render(request, "campaigns/import_map.html", context, status=422 if form.errors else 200)


@tenant_page(Capability.CONTACTS_EDIT)
@require_POST
def import_discard(request: HttpRequest, member: Member, import_id: int) -> HttpResponse:
    """Throws away an import of which nothing was written."""
    draft = find_import(tenant_id=member.tenant_id, import_id=import_id)
    try:
        import_drafts.discard(draft=draft, actor=actor_of(request, member))
    except CampaignsError as error:
        return _away(request, member, draft, error)
    messages.success(request, _("The import and its file are gone. No contact was changed."))
    return redirect("campaigns:imports", member.slug)


def _upload_page(request: HttpRequest, member: Member, form: UploadForm, status: int = 200) -> HttpResponse:
    context = {"form": form, "steps": import_steps(member, None, 1)}
    return render(request, "campaigns/import_new.html", context, status=status)


def _read_again(draft: ContactImport, form: ReadingForm) -> bool:
    """Reads the file as chosen; False, with the form saying why, where that cannot be done."""
    chosen = form.cleaned_data
    try:
        import_drafts.read_differently(
            draft=draft,
            encoding=chosen["encoding"],
            delimiter=DELIMITERS[chosen["delimiter"]],
            has_header=chosen["has_header"],
        )
    except ImportRefused:
        raise
    except CampaignsError as error:
        form.add_error("encoding", f"{error} ({error.code})")
        return False
    return True


def _mapping(draft: ContactImport, data: Any) -> MappingForm:
    shown = import_drafts.beginning(draft)
    fields = list(ContactField.objects.order_by("label"))
    return MappingForm(
        data,
        names=shown.table.columns,
        samples=shown.rows,
        fields=fields,
        choices=import_drafts.choices_for(draft, shown),
    )


def _away(request: HttpRequest, member: Member, draft: ContactImport, error: CampaignsError) -> HttpResponse:
    """Leads to where this import stands, with the reason."""
    messages.error(request, f"{error} ({error.code})")
    if draft.is_open:
        return redirect("campaigns:imports", member.slug)
    return redirect("campaigns:import", member.slug, draft.pk)
