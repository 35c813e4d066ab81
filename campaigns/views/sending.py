"""Send now, plan for later, take back: one POST each; until the time has come nothing is sent."""

import re
import unicodedata

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.permissions import Capability
from accounts.selectors.membership import Member
from accounts.views.access import tenant_page
from accounts.views.actors import actor_of
from campaigns.exceptions import (
    BadSchedule,
    CampaignError,
    DraftChanged,
    LaunchRefused,
    NotChecked,
    NotTyped,
)
from campaigns.selectors.campaigns import find_campaign
from campaigns.services import schedule as plans
from campaigns.views.review import ScheduleForm, show


@tenant_page(Capability.CAMPAIGNS_SEND)
@require_POST
def launch(request: HttpRequest, member: Member, campaign_id: int) -> HttpResponse:
    """Sends a draft in some seconds; a second click finds it planned."""
    return _send(request, member, campaign_id, later=False)


@tenant_page(Capability.CAMPAIGNS_SEND)
@require_POST
def schedule(request: HttpRequest, member: Member, campaign_id: int) -> HttpResponse:
    """Plans a draft for a time."""
    return _send(request, member, campaign_id, later=True)


@tenant_page(Capability.CAMPAIGNS_SEND)
@require_POST
def undo(request: HttpRequest, member: Member, campaign_id: int) -> HttpResponse:
    """Takes a planned campaign back to the drafts."""
    try:
        plans.undo(tenant_id=member.tenant_id, campaign_id=campaign_id, actor=actor_of(request, member))
    except CampaignError as error:
        messages.error(request, f"{error} ({error.code})")
        return redirect("tracking:campaign", member.slug, campaign_id)
    messages.success(request, _("Taken back. Nothing was sent; the campaign is a draft again."))
    return redirect("campaigns:review", member.slug, campaign_id)


@tenant_page(Capability.VIEW)
@require_GET
def pending(request: HttpRequest, member: Member) -> HttpResponse:  # noqa: ARG001 - the frame knows the member
    """The bar of what is planned, asked for when a time has come."""
    return render(request, "base/pending.html")


def _send(request: HttpRequest, member: Member, campaign_id: int, *, later: bool) -> HttpResponse:
    campaign = find_campaign(tenant_id=member.tenant_id, campaign_id=campaign_id)
    ticked, actor, problem = request.POST.getlist("checked"), actor_of(request, member), ""
    # A time that was filled in beside "send now" means nothing; it is kept all the same.
    form = ScheduleForm(request.POST) if later else ScheduleForm(initial={"at": request.POST.get("at", "")})
    if later and not form.is_valid():
        return show(request, member, campaign, form=form, ticked=ticked)
    seen = plans.Seen(
        ticked=ticked, version=_number(request, "version"), typed=_number(request, "typed") or 0
    )
    try:
        if later:
            at = form.cleaned_data["at"]
            plans.schedule(tenant_id=member.tenant_id, campaign_id=campaign_id, at=at, actor=actor, seen=seen)
        else:
            plans.send_now(tenant_id=member.tenant_id, campaign_id=campaign_id, actor=actor, seen=seen)
    except BadSchedule as error:
        form.add_error("at", str(error))
    except (LaunchRefused, NotChecked, NotTyped, DraftChanged) as error:
        problem = str(error)
    except CampaignError as error:
        messages.error(request, f"{error} ({error.code})")
    if problem or form.errors:
        return show(request, member, campaign, form=form, ticked=ticked, problem=problem)
    return redirect("tracking:campaign", member.slug, campaign_id)


def _number(request: HttpRequest, name: str) -> int | None:
    """A number of the form as people type it, also in full-width figures and with commas."""
    told = re.sub(r"[,，\s]", "", unicodedata.normalize("NFKC", request.POST.get(name, "")))
    return int(told) if told.isdecimal() and len(told) < 10 else None
