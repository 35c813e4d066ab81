"""The report of a campaign: figures from sums, links, providers, and why mail came back."""

from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from accounts.permissions import Capability
from accounts.selectors.membership import Member
from accounts.views.access import tenant_page
from campaigns.models import Campaign
from delivery.models import AttemptState
from relay_saas.web.errors import NotFound
from tracking.models import Engagement
from tracking.selectors.live import providers, reasons
from tracking.selectors.report import Period, curves, links, totals_and_usual
from tracking.views.report_wording import (
    Counted,
    complaints_kind,
    complaints_text,
    meaning,
    report_funnel,
    tiles,
)
from tracking.views.wording import left_out_text, state_rows
from tracking.words.classes import class_label

#: States that a report explains: what was deferred was delivered later, or it waits.
_EXPLAINED: Final = (
    AttemptState.BOUNCED,
    AttemptState.FAILED,
    AttemptState.SUPPRESSED,
    AttemptState.EXPIRED,
    AttemptState.IN_DOUBT,
)


def campaign_of(member: Member, campaign_id: int) -> Campaign:
    """The tenant's campaign; raises NotFound."""
    rows = Campaign.objects.filter(tenant_id=member.tenant_id, pk=campaign_id)
    found = rows.select_related("mailing_list").first()
    if found is None:
        raise NotFound
    return found


def with_machines(request: HttpRequest) -> bool:
    """The switch in the query string: what machines did is left out unless it says otherwise."""
    return request.GET.get("machines") == "1"


@tenant_page(Capability.REPORTS_VIEW)
def report(request: HttpRequest, member: Member, campaign_id: int) -> HttpResponse:
    """Funnel, tiles, curves, links, providers, reasons; a draft has none and leads to its own page."""
    found = campaign_of(member, campaign_id)
    if found.audience is None:
        return redirect("tracking:campaign", member.slug, campaign_id)
    machines = with_machines(request)
    period: Period = "days" if request.GET.get("period") == "days" else "hours"
    return render(request, "tracking/report.html", _context(found, machines=machines, period=period))


def _context(campaign: Campaign, *, machines: bool, period: Period) -> dict[str, Any]:
    tenant_id = campaign.tenant_id
    totals, usual = totals_and_usual(campaign)
    counted = Counted(totals=totals, machines=machines)
    complaints = complaints_kind(counted.rate(counted.of(Engagement.Kind.COMPLAINED)))
    return {
        "campaign": campaign,
        "totals": totals,
        "machines": machines,
        "period": period,
        "running": campaign.state in {Campaign.State.SENDING, Campaign.State.PAUSED},
        "tiles": tiles(counted, Counted(totals=usual, machines=machines) if usual else None),
        "complaints": complaints_text(complaints),
        "funnel": report_funnel(counted),
        "chart": curves(campaign, period=period, machines=machines),
        "links": links(campaign, machines=machines),
        "providers": providers(tenant_id=tenant_id, campaign_id=campaign.pk),
        "reasons": [
            (reason, class_label(reason.category), meaning(reason.category))
            for reason in reasons(tenant_id=tenant_id, campaign_id=campaign.pk, states=_EXPLAINED)
        ],
        "state_rows": state_rows(totals),
        "left_out": sum(campaign.left_out.values()),
        "left_out_why": left_out_text(campaign.left_out),
    }
