"""What the steps of making a campaign have in common: show, save, save by themselves, meet somebody else."""

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from accounts.selectors.membership import Member
from accounts.views.actors import actor_of
from campaigns.exceptions import CampaignError, DraftChanged
from campaigns.models import Campaign
from campaigns.selectors.campaigns import find_campaign
from campaigns.services.campaigns import refuse_unless_draft, save_draft
from campaigns.services.readiness import StepName, needs_of, of_step
from campaigns.views.draft_conflict import Conflict, conflict_of
from campaigns.views.draft_forms import DraftForm
from campaigns.views.draft_steps import next_url, previous_url, step_url, steps_of
from relay_saas.web.errors import BadRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftPage:
    """One step: its form, its template, and what the template needs besides."""

    name: StepName
    form: type[DraftForm]
    template: str
    more: Callable[[Member, Campaign], dict[str, object]]


def show(request: HttpRequest, member: Member, campaign_id: int, page: DraftPage) -> HttpResponse:
    """The page; a POST saves all or nothing and goes on, or says what is wrong beside what was typed."""
    campaign = find_campaign(tenant_id=member.tenant_id, campaign_id=campaign_id)
    try:
        refuse_unless_draft(campaign)
    except CampaignError as error:
        return _gone(request, member, campaign, error)
    if request.method != "POST":
        return _render(request, member, page, page.form(campaign=campaign))
    return _post(request, member, campaign, page)


def save(request: HttpRequest, member: Member, campaign_id: int, page: DraftPage) -> HttpResponse:
    """Saves every field that can be saved and answers with the parts of the page that change with it."""
    campaign = find_campaign(tenant_id=member.tenant_id, campaign_id=campaign_id)
    refuse_unless_draft(campaign)
    form = page.form(request.POST, campaign=campaign)
    if not form.is_valid() and "version" in form.errors:
        raise BadRequest
    try:
        form.campaign = _save(request, member, form)
    except DraftChanged:
        form.campaign, conflict = _met(form, request, member)
        return _answer(request, member, page, form, conflict=conflict, status=409)
    return _answer(request, member, page, form)


def _post(request: HttpRequest, member: Member, campaign: Campaign, page: DraftPage) -> HttpResponse:
    form = page.form(request.POST, campaign=campaign)
    if not form.is_valid():
        return _render(request, member, page, form, status=422)
    try:
        _save(request, member, form)
    except DraftChanged:
        current, conflict = _met(form, request, member)
        # What is sent next is meant for the version that is shown now.
        mine = request.POST.copy()
        mine["version"] = str(current.version)
        again = page.form(mine, campaign=current)
        return _render(request, member, page, again, conflict=conflict, status=409)
    except CampaignError as error:
        return _gone(request, member, campaign, error)
    if request.POST.get("go") == "next":
        return redirect(next_url(member.slug, campaign.pk, page.name))
    messages.success(request, _("Saved."))
    return redirect(step_url(member.slug, campaign.pk, page.name))


def _save(request: HttpRequest, member: Member, form: DraftForm) -> Campaign:
    return save_draft(
        tenant_id=member.tenant_id,
        campaign_id=form.campaign.pk,
        version=form.cleaned_data["version"],
        changes=form.changes(),
        actor=actor_of(request, member),
    )


def _met(form: DraftForm, request: HttpRequest, member: Member) -> tuple[Campaign, Conflict]:
    current = find_campaign(tenant_id=member.tenant_id, campaign_id=form.campaign.pk)
    return current, conflict_of(form, request.POST, current)


def _gone(request: HttpRequest, member: Member, campaign: Campaign, error: CampaignError) -> HttpResponse:
    messages.info(request, str(error))
    return redirect("tracking:campaign", member.slug, campaign.pk)


def _answer(
    request: HttpRequest,
    member: Member,
    page: DraftPage,
    form: DraftForm,
    *,
    conflict: Conflict | None = None,
    status: int = 200,
) -> HttpResponse:
    context = _context(member, page, form) | {"conflict": conflict, "by_itself": True}
    return render(request, "campaigns/draft_answer.html", context, status=status)


def _render(
    request: HttpRequest,
    member: Member,
    page: DraftPage,
    form: DraftForm,
    *,
    conflict: Conflict | None = None,
    status: int = 200,
) -> HttpResponse:
    context = _context(member, page, form) | page.more(member, form.campaign) | {"conflict": conflict}
    return render(request, page.template, context, status=status)


def _context(member: Member, page: DraftPage, form: DraftForm) -> dict[str, object]:
    campaign = form.campaign
    findings = needs_of(tenant_id=member.tenant_id, campaign=campaign)
    return {
        "campaign": campaign,
        "form": form,
        "step": page.name.value,
        "steps": steps_of(member.slug, campaign, findings, page.name),
        "findings": of_step(findings, page.name),
        "here": step_url(member.slug, campaign.pk, page.name),
        "back": previous_url(member.slug, campaign.pk, page.name),
        "forward": next_url(member.slug, campaign.pk, page.name),
    }
