"""The pages of templates: the list, beginning one, and the editor with its preview."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.permissions import Capability, allows
from accounts.selectors.membership import Member
from accounts.views.access import tenant_page
from accounts.views.actors import actor_of
from campaigns.exceptions import BadTemplate, PreviewProblem, TemplateChanged
from campaigns.models import Contact, Template
from campaigns.selectors.templates import find_template, template_page
from campaigns.services.starters import active_language, find_starter
from campaigns.services.template_preview import render_template, template_findings
from campaigns.services.templates import TemplateDraft, create_template, update_template
from campaigns.views.merge_choices import design_fields
from campaigns.views.template_forms import StartForm, TemplateForm
from relay_saas.web.csp import protect_mail_view
from relay_saas.web.errors import NotFound

#: People offered to look through the eyes of.
PEOPLE = 20


@tenant_page(Capability.VIEW)
@require_GET
def templates(request: HttpRequest, member: Member) -> HttpResponse:
    """Templates in use, or with `?archived=1` those put away."""
    archived = request.GET.get("archived") == "1"
    page = template_page(tenant_id=member.tenant_id, archived=archived, cursor=request.GET.get("cursor"))
    context = {
        "page": page,
        "archived": archived,
        "may_edit": allows(member.role, Capability.CAMPAIGNS_EDIT),
    }
    return render(request, "campaigns/templates.html", context)


@tenant_page(Capability.CAMPAIGNS_EDIT)
@require_http_methods(["GET", "POST"])
def template_new(request: HttpRequest, member: Member) -> HttpResponse:
    """A name, and one of the mails that we ship to begin with, or an empty one."""
    form = StartForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data["starter"]
        source = find_starter(chosen).source(active_language()) if chosen else ""
        draft = TemplateDraft(name=form.cleaned_data["name"], html_source=source)
        try:
            template = create_template(
                tenant_id=member.tenant_id, draft=draft, actor=actor_of(request, member)
            )
        except BadTemplate as error:
            form.add_error("name", f"{error} ({error.code})")
        else:
            return redirect("campaigns:template", member.slug, template.pk)
    return render(
        request, "campaigns/template_new.html", {"form": form}, status=422 if form.is_bound else 200
    )


@tenant_page(Capability.CAMPAIGNS_EDIT)
@require_http_methods(["GET", "POST"])
def template(request: HttpRequest, member: Member, template_id: int) -> HttpResponse:
    """The editor; what cannot be saved stays in it."""
    found = find_template(tenant_id=member.tenant_id, template_id=template_id)
    if request.method != "POST":
        return _editor(request, member, found, TemplateForm.of(found))
    form = TemplateForm(request.POST)
    if not form.is_valid():
        return _editor(request, member, found, form, status=422)
    try:
        update_template(
            tenant_id=member.tenant_id,
            template_id=template_id,
            version=form.cleaned_data["version"],
            draft=form.draft(),
            actor=actor_of(request, member),
        )
    except BadTemplate as error:
        form.add_error("name" if error.code.startswith("name") else "html_source", f"{error} ({error.code})")
        return _editor(request, member, found, form, status=422)
    except TemplateChanged as error:
        # Who has seen both texts and saves again means it.
        kept = TemplateForm.kept(form, version=found.version)
        return _editor(request, member, found, kept, status=error.status, clash=error)
    messages.success(request, _("The template is saved."))
    return redirect("campaigns:template", member.slug, template_id)


@tenant_page(Capability.VIEW)
@require_GET
def template_html(request: HttpRequest, member: Member, template_id: int) -> HttpResponse:
    """The saved mail for `?contact=` (none: an example), alone at its URL and in a sandbox."""
    found = find_template(tenant_id=member.tenant_id, template_id=template_id)
    contact_id = _contact_id(request.GET.get("contact", ""))
    shown = render_template(tenant_id=member.tenant_id, template=found, contact_id=contact_id)
    response = HttpResponse(shown.html)
    protect_mail_view(response, images="any" if request.GET.get("images") == "any" else "own")
    return response


def _editor(
    request: HttpRequest,
    member: Member,
    found: Template,
    form: TemplateForm,
    *,
    status: int = 200,
    clash: TemplateChanged | None = None,
) -> HttpResponse:
    contact_id = _contact_id(request.GET.get("contact", ""))
    problem = None
    try:
        render_template(tenant_id=member.tenant_id, template=found, contact_id=contact_id)
    except PreviewProblem as error:
        problem = error
    look = request.GET.get("look", "")
    context = {
        "template": found,
        "form": form,
        "clash": clash,
        "problem": problem,
        "findings": template_findings(tenant_id=member.tenant_id, template=found),
        "people": list(Contact.objects.filter(tenant_id=member.tenant_id).order_by("pk")[:PEOPLE]),
        "contact_id": contact_id,
        "merge": design_fields(tenant_id=member.tenant_id),
        "look": look if look == "phone" else "desktop",
    }
    return render(request, "campaigns/template.html", context, status=status)


def _contact_id(wanted: str) -> int | None:
    if not wanted:
        return None
    if not (wanted.isascii() and wanted.isdigit() and len(wanted) < 19):
        raise NotFound
    return int(wanted)
