"""What can be done to a template besides editing it: one POST each."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.permissions import Capability
from accounts.selectors.membership import Member
from accounts.views.access import tenant_page
from accounts.views.actors import actor_of
from campaigns.services.template_use import campaign_from_template
from campaigns.services.templates import archive_template, duplicate_template, restore_template


@tenant_page(Capability.CAMPAIGNS_EDIT)
@require_POST
def template_duplicate(request: HttpRequest, member: Member, template_id: int) -> HttpResponse:
    """Makes a copy and opens it."""
    copy = duplicate_template(
        tenant_id=member.tenant_id, template_id=template_id, actor=actor_of(request, member)
    )
    messages.success(request, _("This is the copy."))
    return redirect("campaigns:template", member.slug, copy.pk)


@tenant_page(Capability.CAMPAIGNS_EDIT)
@require_POST
def template_archive(request: HttpRequest, member: Member, template_id: int) -> HttpResponse:
    """Puts a template away."""
    archive_template(tenant_id=member.tenant_id, template_id=template_id, actor=actor_of(request, member))
    messages.success(request, _("The template is put away. You find it under “Put away”."))
    return redirect("campaigns:templates", member.slug)


@tenant_page(Capability.CAMPAIGNS_EDIT)
@require_POST
def template_restore(request: HttpRequest, member: Member, template_id: int) -> HttpResponse:
    """Takes a template back."""
    restore_template(tenant_id=member.tenant_id, template_id=template_id, actor=actor_of(request, member))
    messages.success(request, _("The template is in use again."))
    return redirect("campaigns:templates", member.slug)


@tenant_page(Capability.CAMPAIGNS_EDIT)
@require_POST
def template_use(request: HttpRequest, member: Member, template_id: int) -> HttpResponse:
    """Begins a campaign with it."""
    campaign = campaign_from_template(
        tenant_id=member.tenant_id, template_id=template_id, actor=actor_of(request, member)
    )
    messages.success(request, _("This is the new draft."))
    return redirect("campaigns:setup", member.slug, campaign.pk)
