"""The page that exports everything an organization has here."""

from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from accounts.models import Job
from accounts.permissions import Capability
from accounts.selectors.membership import Member
from accounts.views.access import actor_of, tenant_page
from accounts.views.tabs import settings_tabs
from tracking.services.export_parts import PARTS
from tracking.services.tenant_export import KIND, start_export

MOST: Final = 20


@tenant_page(Capability.SETTINGS_EDIT)
def data_export(request: HttpRequest, member: Member) -> HttpResponse:
    """Says what the file will hold, and which exports there were; a POST starts the work and leads to its
    page."""
    if request.method == "POST":
        job = start_export(
            tenant_id=member.tenant_id, organization=member.tenant_name, actor=actor_of(request)
        )
        return redirect("console:job", member.slug, job.pk)
    past = Job.objects.filter(tenant_id=member.tenant_id, kind=KIND).select_related("created_by")
    exports = list(past.order_by("-id")[:MOST])
    context = {"parts": PARTS, "exports": exports, "tabs": settings_tabs(member, "data_export")}
    return render(request, "console/data_export.html", context)
