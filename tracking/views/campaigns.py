"""The list of campaigns and the page of one, with the fragment that keeps it alive."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from accounts.permissions import Capability, allows
from accounts.selectors.membership import Member
from accounts.views.access import tenant_page
from campaigns.models import Campaign
from campaigns.selectors.audience import audience_of
from relay_saas.web.errors import NotFound
from tracking.selectors.campaigns import campaign_page
from tracking.selectors.live import minutes, providers, reasons
from tracking.selectors.totals import totals_of
from tracking.selectors.waits import provider_waits
from tracking.views.wait_wording import end_text, wait_text
from tracking.views.wording import class_label, funnel, left_out_text, pace, state_rows

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """Whom a draft would reach now."""

    reachable: int
    left_out: int
    why: str


def _context(member: Member, campaign_id: int) -> dict[str, object]:
    tenant_id = member.tenant_id
    found = (
        Campaign.objects.filter(tenant_id=tenant_id, pk=campaign_id).select_related("mailing_list").first()
    )
    if found is None:
        raise NotFound
    context = {
        "campaign": found,
        "moving": found.state in MOVING,
        "may_send": allows(member.role, Capability.CAMPAIGNS_SEND),
        "may_report": allows(member.role, Capability.REPORTS_VIEW),
    }
    if found.state == Campaign.State.DRAFT:
        return context | {"forecast": _forecast(found)}
    totals = totals_of(tenant_id=tenant_id, audiences={campaign_id: found.audience or 0})[campaign_id]
    chart = minutes(tenant_id=tenant_id, campaign_id=campaign_id)
    sending = found.state == Campaign.State.SENDING
    rows = providers(tenant_id=tenant_id, campaign_id=campaign_id)
    waits = provider_waits(campaign=found, rows=rows, now=timezone.now())
    return context | {
        "totals": totals,
        "state_rows": state_rows(totals),
        "funnel": funnel(totals),
        "providers": rows,
        "waits": [(wait, wait_text(wait), end_text(wait)) for wait in waits],
        "chart": chart,
        "pace": pace(chart, waiting=totals.waiting, now=timezone.now()) if sending else None,
        "reasons": [
            (reason, class_label(reason.category))
            for reason in reasons(tenant_id=tenant_id, campaign_id=campaign_id)
        ],
        "left_out": sum(found.left_out.values()),
        "left_out_why": left_out_text(found.left_out),
    }


def _forecast(campaign: Campaign) -> Forecast:
    audience = audience_of(tenant_id=campaign.tenant_id, mailing_list_id=campaign.mailing_list_id)
    left_out = {
        "unsubscribed": audience.unsubscribed,
        "suppressed": audience.suppressed,
        "smtputf8": audience.smtputf8,
    }
    return Forecast(
        reachable=audience.reachable, left_out=sum(left_out.values()), why=left_out_text(left_out)
    )
