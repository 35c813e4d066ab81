"""The page that exports everything an organization has here."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from accounts.audit import Actor
from accounts.permissions import Capability
from accounts.selectors.membership import Member
from accounts.views.access import tenant_page
from tracking.services.export_parts import PARTS
from tracking.services.tenant_export import start_export


@tenant_page(Capability.SETTINGS_EDIT)
def data_export(request: HttpRequest, member: Member) -> HttpResponse:
    """Says what the file will hold; a POST starts the work and leads to its page."""
    if request.method == "POST":
        actor = Actor(
            name=request.user.get_username(),
            user_id=member.user_id,
            address=request.META.get("REMOTE_ADDR", ""),
        )
        job = start_export(tenant_id=member.tenant_id, organization=member.tenant_name, actor=actor)
        return redirect("console:job", member.slug, job.pk)
    return render(request, "console/data_export.html", {"parts": PARTS})
