"""The history of a contact, and why they did not get a campaign; alone, or inside the contact's page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.permissions import Capability
from accounts.selectors.membership import Member
from accounts.views.access import tenant_page
from campaigns.selectors.contacts import find_contact
from campaigns.views.origin import origin_text
from relay_saas.web.errors import NotFound
from tracking.selectors.contact_history import campaigns_to_ask_about, history_of
from tracking.selectors.why_not import why_not
from tracking.views.why_wording import Told, tell


@tenant_page(Capability.VIEW)
@require_GET
def contact_history(request: HttpRequest, member: Member, contact_id: int) -> HttpResponse:
    """Newest first; `?campaign=` asks why that one did not reach them."""
    contact = find_contact(tenant_id=member.tenant_id, contact_id=contact_id)
    asked = request.GET.get("campaign", "")
    told: Told | None = None
    if asked:
        if not (asked.isascii() and asked.isdecimal() and len(asked) < 19):
            raise NotFound
        told = tell(why_not(tenant_id=member.tenant_id, contact=contact, campaign_id=int(asked)))
    moments = history_of(tenant_id=member.tenant_id, contact=contact)
    context = {
        "contact": contact,
        "moments": [(one, origin_text(one.place.source) if one.place else "") for one in moments],
        "campaigns": campaigns_to_ask_about(tenant_id=member.tenant_id),
        "asked": asked,
        "told": told,
    }
    inside = request.headers.get("HX-Request") == "true"
    name = "tracking/contact_history_part.html" if inside else "tracking/contact_history.html"
    response = render(request, name, context)
    response["Vary"] = "HX-Request"
    return response
