"""The preview: a campaign as any recipient would see it, the mail itself in a document of its own."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from accounts.permissions import Capability
from accounts.selectors.membership import Member
from accounts.views.access import tenant_page
from campaigns.exceptions import PreviewProblem
from campaigns.models import Campaign, Contact
from campaigns.selectors.campaigns import find_campaign, sample_contacts
from campaigns.services.checks import check_campaign
from campaigns.services.findings import Finding
from campaigns.services.preview import Preview, render_preview
from relay_saas.web.csp import protect_mail_view
from relay_saas.web.errors import NotFound
from relay_saas.web.problems import Text

#: Ways to look at a mail: the value in the URL, and its name.
LOOKS: tuple[tuple[str, Text], ...] = (
    ("desktop", _("Computer")),
    ("phone", _("Phone")),
    ("text", _("Text only")),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The person whose eyes we look through, the mail for them, or why there is none."""

    people: tuple[Contact, ...]
    contact: Contact | None
    preview: Preview | None = None
    problem: PreviewProblem | None = None


@tenant_page(Capability.VIEW)
@require_GET
def preview(request: HttpRequest, member: Member, campaign_id: int) -> HttpResponse:
    """The page around the mail: who, what they see, and for a draft the check list."""
    campaign = find_campaign(tenant_id=member.tenant_id, campaign_id=campaign_id)
    look = request.GET.get("look", "")
    context = {
        "campaign": campaign,
        "seen": _seen(member, campaign, request.GET.get("contact", "")),
        "look": look if look in dict(LOOKS) else "desktop",
        "looks": LOOKS,
        "images": "any" if request.GET.get("images") == "any" else "",
        "findings": _findings(member, campaign),
        "is_draft": campaign.state == Campaign.State.DRAFT,
    }
    return render(request, "campaigns/preview.html", context)


@tenant_page(Capability.VIEW)
@require_GET
def preview_html(request: HttpRequest, member: Member, campaign_id: int, contact_id: int) -> HttpResponse:
    """The mail's HTML for one contact, alone at its URL and in a sandbox; `?images=any` loads pictures."""
    return _mail(request, member, campaign_id, contact_id)


@tenant_page(Capability.VIEW)
@require_GET
def preview_example(request: HttpRequest, member: Member, campaign_id: int) -> HttpResponse:
    """The same for a reader of whom nothing is known but an address."""
    return _mail(request, member, campaign_id, None)


def _mail(request: HttpRequest, member: Member, campaign_id: int, contact_id: int | None) -> HttpResponse:
    shown = render_preview(tenant_id=member.tenant_id, campaign_id=campaign_id, contact_id=contact_id)
    response = HttpResponse(shown.html)
    protect_mail_view(response, images="any" if request.GET.get("images") == "any" else "own")
    return response


def _seen(member: Member, campaign: Campaign, wanted: str) -> Seen:
    people = sample_contacts(tenant_id=member.tenant_id, mailing_list_id=campaign.mailing_list_id)
    contact = _contact(people, wanted)
    if contact is None:
        return Seen(people=people, contact=None)
    try:
        shown = render_preview(tenant_id=member.tenant_id, campaign_id=campaign.pk, contact_id=contact.pk)
    except PreviewProblem as problem:
        return Seen(people=people, contact=contact, problem=problem)
    return Seen(people=people, contact=contact, preview=shown)


def _contact(people: tuple[Contact, ...], wanted: str) -> Contact | None:
    if not wanted:
        return people[0] if people else None
    # Any contact of the organization may be looked at, also one beyond the people offered.
    found = (
        Contact.objects.filter(pk=int(wanted)).first() if wanted.isdecimal() and len(wanted) < 19 else None
    )
    if found is None:
        raise NotFound
    return found


def _findings(member: Member, campaign: Campaign) -> tuple[Finding, ...]:
    if campaign.state != Campaign.State.DRAFT:
        return ()
    return check_campaign(tenant_id=member.tenant_id, campaign=campaign).findings
