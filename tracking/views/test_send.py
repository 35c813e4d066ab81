"""What the review page asks of delivery: a test to our own people, and how long it will take."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from accounts.exceptions import AccountsError
from accounts.permissions import Capability
from accounts.selectors.membership import Member
from accounts.views.access import tenant_page
from accounts.views.actors import actor_of
from campaigns.exceptions import PreviewProblem
from campaigns.models import Campaign
from campaigns.selectors.campaigns import find_campaign, sample_contacts
from campaigns.views.test_form import TestForm
from delivery.exceptions import DeliveryError
from delivery.services.test_send import send_tests
from tracking.selectors.estimate import estimate


@tenant_page(Capability.CAMPAIGNS_SEND)
@require_http_methods(["GET", "POST"])
def campaign_test(request: HttpRequest, member: Member, campaign_id: int) -> HttpResponse:
    """The form alone; the review page holds it, too, and sends it here."""
    campaign = find_campaign(tenant_id=member.tenant_id, campaign_id=campaign_id)
    sent = request.method == "POST"
    people = sample_contacts(tenant_id=member.tenant_id, mailing_list_id=campaign.mailing_list_id)
    form = TestForm(request.POST if sent else None, member=member, people=people)
    if sent and form.is_valid():
        problem = _send(request, member, campaign_id, form)
        if not problem:
            n = len(form.cleaned_data["addresses"])
            done = ngettext("%(n)s test is on its way.", "%(n)s tests are on their way.", n) % {"n": n}
            messages.success(request, done)
            return _back(member, campaign)
        form.add_error(None, problem)
    context = {"campaign": campaign, "test_form": form}
    return render(request, "tracking/test_send.html", context, status=422 if form.errors else 200)


@tenant_page(Capability.VIEW)
@require_GET
def campaign_estimate(request: HttpRequest, member: Member, campaign_id: int) -> HttpResponse:
    """How long so many messages take, for the review page, which knows the number."""
    find_campaign(tenant_id=member.tenant_id, campaign_id=campaign_id)
    told = request.GET.get("n", "")
    wanted = int(told) if told.isdecimal() and len(told) < 12 else 0
    guess = estimate(tenant_id=member.tenant_id, messages=wanted)
    return render(request, "tracking/estimate.html", {"estimate": guess})


def _send(request: HttpRequest, member: Member, campaign_id: int, form: TestForm) -> str:
    """What went wrong, or nothing."""
    try:
        send_tests(
            tenant_id=member.tenant_id,
            campaign_id=campaign_id,
            addresses=form.cleaned_data["addresses"],
            contact_id=form.cleaned_data["contact"],
            actor=actor_of(request, member),
        )
    except (DeliveryError, PreviewProblem, AccountsError) as error:
        return f"{error} ({error.code})"
    return ""


def _back(member: Member, campaign: Campaign) -> HttpResponse:
    where = "campaigns:review" if campaign.state == Campaign.State.DRAFT else "tracking:campaign"
    return redirect(where, member.slug, campaign.pk)
