"""The list of campaigns and the page of one, with the fragment that keeps it alive."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from accounts.permissions import Capability, allows
from accounts.selectors.membership import Member
from accounts.views.access import tenant_page
from campaigns.models import Campaign
from campaigns.selectors.audience import campaign_audience
from campaigns.selectors.campaigns import tags_in_use
from campaigns.selectors.pending import SOON
from relay_saas.web.errors import NotFound
from tracking.selectors.campaigns import Wanted, campaign_page
from tracking.selectors.live import minutes, providers, reasons
from tracking.selectors.totals import totals_of
from tracking.selectors.waits import provider_waits
from tracking.views.guard_wording import guard_of
from tracking.views.wait_wording import end_text, wait_text
from tracking.views.wording import funnel, left_out_text, pace, state_rows
from tracking.words.classes import class_label

#: States in which the page asks again by itself.
MOVING = frozenset({Campaign.State.LAUNCHING, Campaign.State.SENDING})


@tenant_page(Capability.VIEW)
def campaign_list(request: HttpRequest, member: Member) -> HttpResponse:
    """Newest first, filtered by state, tag and words, those in the archive apart."""
    wanted = Wanted(
        state=request.GET.get("state", ""),
        tag=request.GET.get("tag", ""),
        text=" ".join(request.GET.get("q", "").replace("\0", "").split())[:200],
        archived=request.GET.get("archived") == "1",
    )
    query = request.GET.copy()
    query.pop("cursor", None)
    context = {
        "page": campaign_page(tenant_id=member.tenant_id, cursor=request.GET.get("cursor"), wanted=wanted),
        "wanted": wanted,
        "states": Campaign.State.choices,
        "tags": tags_in_use(tenant_id=member.tenant_id),
        "back": query.urlencode(),
        "may_edit": allows(member.role, Capability.CAMPAIGNS_EDIT),
    }
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
    wanted = Campaign.objects.filter(tenant_id=tenant_id, pk=campaign_id)
    found = wanted.select_related("mailing_list", "repeat_of").first()
    if found is None:
        raise NotFound
    context = {
        "campaign": found,
        "moving": _moves(found),
        "may_send": allows(member.role, Capability.CAMPAIGNS_SEND),
        "may_report": allows(member.role, Capability.REPORTS_VIEW),
        "may_edit": allows(member.role, Capability.CAMPAIGNS_EDIT),
    }
    if found.state == Campaign.State.SCHEDULED:
        return context
    if found.state == Campaign.State.DRAFT:
        return context | {"forecast": _forecast(found)}
    totals = totals_of(tenant_id=tenant_id, audiences={campaign_id: found.audience or 0})[campaign_id]
    chart = minutes(tenant_id=tenant_id, campaign_id=campaign_id)
    sending = found.state == Campaign.State.SENDING
    receivers = providers(tenant_id=tenant_id, campaign_id=campaign_id)
    waits = provider_waits(campaign=found, rows=receivers, now=timezone.now())
    return context | {
        "totals": totals,
        "state_rows": state_rows(totals),
        "funnel": funnel(totals),
        "providers": receivers,
        "waits": [(wait, wait_text(wait), end_text(wait)) for wait in waits],
        "chart": chart,
        "pace": pace(chart, waiting=totals.waiting, now=timezone.now()) if sending else None,
        "reasons": [
            (reason, class_label(reason.category))
            for reason in reasons(tenant_id=tenant_id, campaign_id=campaign_id)
        ],
        "guard": guard_of(found, totals),
        "left_out": sum(found.left_out.values()),
        "left_out_why": left_out_text(found.left_out),
    }


def _moves(campaign: Campaign) -> bool:
    """Whether the page asks again by itself: also in the last minutes before a planned launch."""
    if campaign.state == Campaign.State.SCHEDULED and campaign.scheduled_at is not None:
        return campaign.scheduled_at - timezone.now() < SOON
    return campaign.state in MOVING


def _forecast(campaign: Campaign) -> Forecast:
    audience = campaign_audience(campaign)
    left_out = audience.left_out
    return Forecast(
        reachable=audience.reachable, left_out=sum(left_out.values()), why=left_out_text(left_out)
    )
