"""The front door, and the pages that ask every app."""

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from accounts.permissions import Capability, allows
from accounts.selectors.membership import Member, memberships_of
from accounts.views.access import tenant_page
from relay_saas.console.attention import notices
from relay_saas.console.home import home_of
from relay_saas.console.home_wording import steps, tiles
from relay_saas.console.ops.access import is_operator


def front_door(request: HttpRequest) -> HttpResponse:
    """Tells strangers what this is; sends a person to their first organization, an operator without one to
    the operators' pages."""
    if not request.user.is_authenticated:
        return render(request, "console/welcome.html")
    memberships = memberships_of(int(request.user.pk or 0))
    if memberships:
        return redirect("console:home", memberships[0].slug)
    if is_operator(request):
        return redirect("ops:overview")
    return render(request, "console/no_organization.html")


def healthz(_request: HttpRequest) -> HttpResponse:
    """Answers `ok` while the database answers."""
    with connection.cursor() as cursor:
        cursor.execute("select 1")
    return HttpResponse("ok", content_type="text/plain")


@tenant_page(Capability.VIEW)
def home(request: HttpRequest, member: Member) -> HttpResponse:
    """Home of an organization: what needs attention, the last 30 days, what runs, what to do next."""
    found = home_of(tenant_id=member.tenant_id)
    context = {
        "home": found,
        "may_edit": allows(member.role, Capability.CAMPAIGNS_EDIT),
        "tiles": tiles(found.period),
        "steps": steps(found.setup, member.slug),
        "own_domain": request.user.get_username().rpartition("@")[2],
        "notices": notices(
            tenant_id=member.tenant_id, slug=member.slug, complaint_rate=found.period.complaint_rate
        ),
    }
    return render(request, "console/home.html", context)
