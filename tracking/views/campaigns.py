"""The list of campaigns and the page of one, with the fragment that keeps it alive."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.permissions import Capability, allows
from accounts.selectors.membership import Member
from accounts.views.access import tenant_page
from campaigns.models import Campaign
from relay_saas.web.errors import NotFound
from tracking.selectors.campaigns import campaign_page
from tracking.selectors.live import minutes, providers, reasons
from tracking.selectors.totals import totals_of
from tracking.views.wording import funnel, state_rows

#: States in which the page asks again by itself.
MOVING = frozenset({Campaign.State.LAUNCHING, Campaign.State.SENDING})


@tenant_page(Capability.VIEW)
def campaign_list(request: HttpRequest, member: Member) -> HttpResponse:
    """Newest first, filtered by state."""
    state = request.GET.get("state", "")
    page = campaign_page(tenant_id=member.tenant_id, cursor=request.GET.get("cursor"), state=state)
    context = {"page": page, "state": state, "states": Campaign.State.choices}
    return render(request, "tracking/campaigns.html", context)


@tenant_page(Capability.VIEW)
def campaign(request: HttpRequest, member: Member, campaign_id: int) -> HttpResponse:
    """One campaign: progress, providers, minutes, funnel."""
    return render(request, "tracking/campaign.html", _context(member, campaign_id))


@tenant_page(Capability.VIEW)
def campaign_live(request: HttpRequest, member: Member, campaign_id: int) -> HttpResponse:
    """The moving part of the page, asked for every two seconds."""
    return render(request, "tracking/campaign_live.html", _context(member, campaign_id))


def _context(member: Member, campaign_id: int) -> dict[str, object]:
    found = (
        Campaign.objects.filter(tenant_id=member.tenant_id, pk=campaign_id)
        .select_related("mailing_list")
        .first()
    )
    if found is None:
        raise NotFound
    totals = totals_of(tenant_id=member.tenant_id, audiences={campaign_id: found.audience or 0})[campaign_id]
    return {
        "campaign": found,
        "totals": totals,
        "moving": found.state in MOVING,
        "may_send": allows(member.role, Capability.CAMPAIGNS_SEND),
        "state_rows": state_rows(totals),
        "funnel": funnel(totals),
        "providers": providers(tenant_id=member.tenant_id, campaign_id=campaign_id),
        "chart": minutes(tenant_id=member.tenant_id, campaign_id=campaign_id),
        "reasons": reasons(tenant_id=member.tenant_id, campaign_id=campaign_id),
        "left_out": sum(found.left_out.values()),
    }
