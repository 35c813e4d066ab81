"""The pages in which a campaign is made: new, setup, audience, design."""

from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.permissions import Capability
from accounts.selectors.membership import Member
from accounts.selectors.senders import senders_of
from accounts.views.access import tenant_page
from accounts.views.actors import actor_of
from campaigns.models import Campaign, ContactList
from campaigns.selectors.audience import Audience, audience_of, campaign_audience
from campaigns.selectors.campaigns import find_campaign, sample_contacts
from campaigns.selectors.headcounts import Heads, headcounts
from campaigns.selectors.templates import templates_to_begin_with
from campaigns.services.new_campaign import start_campaign
from campaigns.services.readiness import StepName
from campaigns.services.template_use import campaign_from_template
from campaigns.views import draft_page
from campaigns.views.draft_forms import AudienceForm, DesignForm, NewCampaignForm, SetupForm
from campaigns.views.draft_page import DraftPage
from campaigns.views.draft_steps import step_url
from campaigns.views.merge_choices import design_fields, people_fields
from campaigns.views.preview import LOOKS
from relay_saas.web.errors import NotFound


def _setup_more(member: Member, _campaign: Campaign) -> dict[str, object]:
    return {
        "merge": people_fields(tenant_id=member.tenant_id),
        "senders": senders_of(member.tenant_id),
    }


def _audience_more(_member: Member, _campaign: Campaign) -> dict[str, object]:
    return {}


def _design_more(member: Member, campaign: Campaign) -> dict[str, object]:
    return {
        "merge": design_fields(tenant_id=member.tenant_id),
        "people": sample_contacts(tenant_id=member.tenant_id, mailing_list_id=campaign.mailing_list_id),
        "looks": LOOKS,
    }


SETUP: Final = DraftPage(
    name=StepName.SETUP, form=SetupForm, template="campaigns/setup.html", more=_setup_more
)
AUDIENCE: Final = DraftPage(
    name=StepName.AUDIENCE, form=AudienceForm, template="campaigns/audience.html", more=_audience_more
)
DESIGN: Final = DraftPage(
    name=StepName.DESIGN, form=DesignForm, template="campaigns/design.html", more=_design_more
)


@tenant_page(Capability.CAMPAIGNS_EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def campaign_new(request: HttpRequest, member: Member) -> HttpResponse:
    """Asks for a name; a POST makes the draft and opens its first step."""
    templates = templates_to_begin_with(tenant_id=member.tenant_id)
    form = NewCampaignForm(request.POST if request.method == "POST" else None, templates=templates)
    if not form.is_valid():
        status = 422 if form.is_bound else 200
        return render(request, "campaigns/new.html", {"form": form}, status=status)
    name, template_id = form.cleaned_data["name"], form.cleaned_data["template"]
    actor = actor_of(request, member)
    if template_id is None:
        campaign = start_campaign(tenant_id=member.tenant_id, name=name, actor=actor)
    else:
        campaign = campaign_from_template(
            tenant_id=member.tenant_id, template_id=template_id, name=name, actor=actor
        )
    return redirect(step_url(member.slug, campaign.pk, StepName.SETUP))


@tenant_page(Capability.CAMPAIGNS_EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def setup(request: HttpRequest, member: Member, campaign_id: int) -> HttpResponse:
    """Who writes, and what the mailbox shows."""
    return draft_page.show(request, member, campaign_id, SETUP)


@tenant_page(Capability.CAMPAIGNS_EDIT)
@require_POST
def setup_save(request: HttpRequest, member: Member, campaign_id: int) -> HttpResponse:
    """The page saves itself."""
    return draft_page.save(request, member, campaign_id, SETUP)


@tenant_page(Capability.CAMPAIGNS_EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def audience(request: HttpRequest, member: Member, campaign_id: int) -> HttpResponse:
    """To whom."""
    return draft_page.show(request, member, campaign_id, AUDIENCE)


@tenant_page(Capability.CAMPAIGNS_EDIT)
@require_POST
def audience_save(request: HttpRequest, member: Member, campaign_id: int) -> HttpResponse:
    """The page saves itself."""
    return draft_page.save(request, member, campaign_id, AUDIENCE)


@tenant_page(Capability.CAMPAIGNS_EDIT)
@require_GET
def forecast(request: HttpRequest, member: Member) -> HttpResponse:
    """Who of a list would get the mail now and who would not, by reason; the sizes of all lists beside it."""
    names = ContactList.objects.filter(tenant_id=member.tenant_id).values_list("pk", "name")
    lists = dict(names)
    wanted = request.GET.get("mailing_list_id", "")
    chosen = next((one for one in lists if str(one) == wanted), None)
    if wanted and chosen is None:
        raise NotFound
    sizes = headcounts(tenant_id=member.tenant_id) if request.GET.get("sizes") == "1" else None
    context = {
        "list_name": lists.get(chosen, "") if chosen is not None else "",
        "audience": _audience(member, request.GET.get("campaign", ""), chosen),
        "sizes": [(one, sizes.get(one, Heads()).here) for one in lists] if sizes is not None else [],
    }
    return render(request, "campaigns/forecast.html", context)


def _audience(member: Member, campaign: str, mailing_list_id: int | None) -> Audience:
    """Of a list, or of that list as the campaign of that id would use it."""
    if not campaign:
        return audience_of(tenant_id=member.tenant_id, mailing_list_id=mailing_list_id)
    if not campaign.isdecimal() or len(campaign) > 18:
        raise NotFound
    found = find_campaign(tenant_id=member.tenant_id, campaign_id=int(campaign))
    found.mailing_list_id = mailing_list_id
    return campaign_audience(found)


@tenant_page(Capability.CAMPAIGNS_EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def design(request: HttpRequest, member: Member, campaign_id: int) -> HttpResponse:
    """What the mail says, and how it looks."""
    return draft_page.show(request, member, campaign_id, DESIGN)


@tenant_page(Capability.CAMPAIGNS_EDIT)
@require_POST
def design_save(request: HttpRequest, member: Member, campaign_id: int) -> HttpResponse:
    """The page saves itself."""
    return draft_page.save(request, member, campaign_id, DESIGN)
