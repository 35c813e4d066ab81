"""What receivers report about a sending domain, and what follows for its policy."""

from datetime import UTC, datetime, time
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.permissions import Capability
from accounts.selectors.domains import find_domain
from accounts.selectors.membership import Member
from accounts.services.dns_records import tenant_records
from accounts.views.access import tenant_page
from relay_saas.mail.dmarc_reports.sources import Origin
from relay_saas.web.charts import Chart, Series
from tracking.selectors.dmarc import DmarcView, dmarc_view
from tracking.words.dmarc import origin_label, source_name, tell

PERIODS: Final = (7, 30, 90)


@tenant_page(Capability.VIEW)
@require_GET
def dmarc(request: HttpRequest, member: Member, domain_id: int) -> HttpResponse:
    """The reports of the last days: by day, by source, with the advice."""
    domain = find_domain(tenant_id=member.tenant_id, domain_id=domain_id)
    asked = request.GET.get("days", "")
    days = next((period for period in PERIODS if str(period) == asked), 30)
    view = dmarc_view(tenant_id=member.tenant_id, domain=domain, days=days)
    proposed = next(one.value for one in tenant_records(domain) if one.purpose == "dmarc")
    found = next(
        (text for one in domain.records if one["purpose"] == "dmarc" for text in one["found"]), proposed
    )
    context = {
        "domain": domain,
        "view": view,
        "advice": tell(view.advice, found),
        "origins": [(origin_label(origin), view.figures[origin]) for origin in Origin],
        "sources": [(line, origin_label(line.origin), source_name(line)) for line in view.sources],
        "chart": _chart(view),
        "periods": PERIODS,
        "days": days,
    }
    return render(request, "tracking/dmarc.html", context)


def _chart(view: DmarcView) -> Chart:
    failing = tuple(line.failing for line in view.lines)
    return Chart(
        times=tuple(datetime.combine(line.day, time(12), UTC) for line in view.lines),
        series=(
            Series(label=_("Passed"), values=tuple(line.aligned for line in view.lines), colour="success"),
            Series(label=_("Did not pass"), values=failing, colour="danger"),
        ),
        step="day",
    )
