"""Beside the editor: the saved draft as one reader sees it, and the text that is made from the mail."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from accounts.permissions import Capability
from accounts.selectors.membership import Member
from accounts.views.access import tenant_page
from campaigns.exceptions import PreviewProblem
from campaigns.selectors.campaigns import find_campaign
from campaigns.services.preview import made_text, render_preview
from relay_saas.web.errors import NotFound


@tenant_page(Capability.CAMPAIGNS_EDIT)
@require_GET
def design_preview(request: HttpRequest, member: Member, campaign_id: int) -> HttpResponse:
    """Subject and mail for `?contact=` (none: an example), on a computer, on a phone or as text."""
    wanted = request.GET.get("contact", "")
    if wanted and not (wanted.isascii() and wanted.isdigit() and len(wanted) < 19):
        raise NotFound
    contact_id = int(wanted) if wanted else None
    context: dict[str, object] = {"look": request.GET.get("look", ""), "frame": ""}
    try:
        context["preview"] = render_preview(
            tenant_id=member.tenant_id, campaign_id=campaign_id, contact_id=contact_id
        )
    except PreviewProblem as problem:
        context["problem"] = problem
    else:
        context["frame"] = _frame(member.slug, campaign_id, contact_id)
    return render(request, "campaigns/design_preview.html", context)


@tenant_page(Capability.CAMPAIGNS_EDIT)
@require_GET
def design_text(request: HttpRequest, member: Member, campaign_id: int) -> HttpResponse:
    """The text part that is made from the mail, merge tags in it, as a start for one's own."""
    campaign = find_campaign(tenant_id=member.tenant_id, campaign_id=campaign_id)
    try:
        context: dict[str, object] = {"text": made_text(campaign)}
    except PreviewProblem as problem:
        context = {"problem": problem}
    return render(request, "campaigns/design_text.html", context)


def _frame(slug: str, campaign_id: int, contact_id: int | None) -> str:
    if contact_id is None:
        return reverse("campaigns:preview_example", args=[slug, campaign_id])
    return reverse("campaigns:preview_html", args=[slug, campaign_id, contact_id])
