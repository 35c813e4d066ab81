"""Pause, resume and cancel: one POST each, then back to the campaign's page with what came of it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.permissions import Capability
from accounts.selectors.membership import Member
from accounts.views.access import tenant_page
from campaigns.services import control
from campaigns.views.deeds import carry_out


@tenant_page(Capability.CAMPAIGNS_SEND)
@require_POST
def pause(request: HttpRequest, member: Member, campaign_id: int) -> HttpResponse:
    """Stops sending for now."""
    carry_out(request, member, campaign_id, control.pause, _("The campaign is paused."))
    return redirect("tracking:campaign", member.slug, campaign_id)


@tenant_page(Capability.CAMPAIGNS_SEND)
@require_POST
def resume(request: HttpRequest, member: Member, campaign_id: int) -> HttpResponse:
    """Goes on sending."""
    carry_out(request, member, campaign_id, control.resume, _("The campaign goes on."))
    return redirect("tracking:campaign", member.slug, campaign_id)


@tenant_page(Capability.CAMPAIGNS_SEND)
@require_POST
def cancel(request: HttpRequest, member: Member, campaign_id: int) -> HttpResponse:
    """Ends sending for good."""
    carry_out(request, member, campaign_id, control.cancel, _("The campaign is cancelled."))
    return redirect("tracking:campaign", member.slug, campaign_id)
