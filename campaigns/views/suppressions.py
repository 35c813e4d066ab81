"""The list of the addresses that an organization may not mail."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from accounts.permissions import Capability
from accounts.selectors.membership import Member
from accounts.views.access import tenant_page
from campaigns.selectors.suppressions import suppression_page


@tenant_page(Capability.VIEW)
def suppression_list(request: HttpRequest, member: Member) -> HttpResponse:
    """Newest first, those of one address, or those that may be taken back."""
    address = request.GET.get("q", "").strip()
    provisional = request.GET.get("provisional") == "1"
    page = suppression_page(
        tenant_id=member.tenant_id,
        cursor=request.GET.get("cursor"),
        address=address,
        provisional=provisional,
    )
    context = {"page": page, "q": address, "provisional": provisional, "now": timezone.now()}
    return render(request, "campaigns/suppressions.html", context)
