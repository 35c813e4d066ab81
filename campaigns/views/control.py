"""Pause, resume and cancel: one POST each, then back to the campaign's page with what came of it."""

from typing import Protocol
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.audit import Actor
from accounts.permissions import Capability
from accounts.selectors.membership import Member
from accounts.views.access import tenant_page
from accounts.views.actors import actor_of
from campaigns.exceptions import CampaignsError
from campaigns.models import Campaign
from campaigns.services import control


class Deed(Protocol):
    """A service that moves a campaign."""

    def __call__(self, *, tenant_id: UUID, campaign_id: int, actor: Actor) -> Campaign:
        """Moves it, or raises."""


@tenant_page(Capability.CAMPAIGNS_SEND)
@require_POST
def pause(request: HttpRequest, member: Member, campaign_id: int) -> HttpResponse:
    """Stops sending for now."""
    return _carry_out(request, member, campaign_id, control.pause, _("The campaign is paused."))


@tenant_page(Capability.CAMPAIGNS_SEND)
@require_POST
def resume(request: HttpRequest, member: Member, campaign_id: int) -> HttpResponse:
    """Goes on sending."""
    return _carry_out(request, member, campaign_id, control.resume, _("The campaign goes on."))


@tenant_page(Capability.CAMPAIGNS_SEND)
@require_POST
def cancel(request: HttpRequest, member: Member, campaign_id: int) -> HttpResponse:
    """Ends sending for good."""
    return _carry_out(request, member, campaign_id, control.cancel, _("The campaign is cancelled."))


def _carry_out(request: HttpRequest, member: Member, campaign_id: int, deed: Deed, done: str) -> HttpResponse:
    try:
        deed(tenant_id=member.tenant_id, campaign_id=campaign_id, actor=actor_of(request, member))
    except CampaignsError as error:
        messages.error(request, f"{error} ({error.code})")
    else:
        messages.success(request, done)
    return redirect("tracking:campaign", member.slug, campaign_id)
