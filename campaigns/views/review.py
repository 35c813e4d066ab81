"""The last page before a campaign goes out: what was checked, who gets it, and the two ways to send it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from accounts.permissions import Capability, allows
from accounts.selectors.membership import Member
from accounts.views.access import tenant_page
from campaigns.models import Campaign
from campaigns.selectors.audience import Audience
from campaigns.selectors.campaigns import find_campaign, is_longer_than
from campaigns.services.findings import Finding, Part
from campaigns.services.review import review_campaign
from campaigns.services.schedule import TYPED, undo_seconds
from campaigns.views.draft_steps import steps_of
from campaigns.views.test_form import TestForm

#: Lists longer than this are counted while the page stands there already.
SOON_COUNTED: Final = 20_000
#: What the browser's own field for a date and a time sends.
LOCAL: Final = "%Y-%m-%dT%H:%M"
#: What is mended on this very page.
BESIDE: Final = {"not_tested": "#test-send", "night": "#id_at"}
#: Where a finding is mended: the page, and the place on it.
PLACES: Final[dict[Part, tuple[str, str]]] = {
    Part.SENDER: ("campaigns:setup", "id_from_local"),
    Part.SUBJECT: ("campaigns:setup", "id_subject"),
    Part.PREHEADER: ("campaigns:setup", "id_preheader"),
    Part.LIST: ("campaigns:audience", "id_mailing_list_id"),
    Part.HTML: ("campaigns:design", "id_html_source"),
    Part.TEXT: ("campaigns:design", "id_text_source"),
}


class ScheduleForm(forms.Form):
    """When it goes out, in the organization's zone."""

    use_required_attribute = False

    at = forms.DateTimeField(
        label=gettext_lazy("Date and time"),
        error_messages={
            "required": gettext_lazy("Choose the date and the time at which it goes out."),
            "invalid": gettext_lazy("This is not a date and a time."),
        },
        input_formats=[LOCAL],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=LOCAL),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A line of the check list, and where it is mended (empty: nowhere on these pages)."""

    finding: Finding
    fix: str
    ticked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """People who are left out, and why."""

    n: int
    why: str


@tenant_page(Capability.VIEW)
@require_GET
def review(request: HttpRequest, member: Member, campaign_id: int) -> HttpResponse:
    """Of a draft; one that is planned or launched leads to its own page."""
    campaign = find_campaign(tenant_id=member.tenant_id, campaign_id=campaign_id)
    if campaign.state != Campaign.State.DRAFT:
        return redirect("tracking:campaign", member.slug, campaign_id)
    if "whole" not in request.GET and is_longer_than(SOON_COUNTED, mailing_list_id=campaign.mailing_list_id):
        return render(request, "campaigns/review_waits.html", {"campaign": campaign})
    return show(request, member, campaign, form=ScheduleForm())


def show(
    request: HttpRequest,
    member: Member,
    campaign: Campaign,
    *,
    form: ScheduleForm,
    ticked: Iterable[str] = (),
    problem: str = "",
) -> HttpResponse:
    """The page; with `problem` after a refusal, with everything that was filled in."""
    at = form.cleaned_data.get("at") if form.is_bound and form.is_valid() else None
    found = review_campaign(tenant_id=member.tenant_id, campaign=campaign, at=at)
    kept = set(ticked)
    may_send = allows(member.role, Capability.CAMPAIGNS_SEND)
    context: dict[str, Any] = {
        "campaign": campaign,
        "steps": steps_of(member.slug, campaign, found.musts, None),
        "may_edit": allows(member.role, Capability.CAMPAIGNS_EDIT),
        "problem": problem,
        "form": form,
        "musts": [_row(member, campaign, finding) for finding in found.musts],
        "warnings": [
            _row(member, campaign, finding, ticked=finding.code in kept) for finding in found.warnings
        ],
        "passed": found.passed,
        "audience": found.audience,
        "left_out": left_out_lines(found.audience),
        "typed": found.audience.reachable > TYPED,
        "undo_seconds": undo_seconds(member.tenant_id),
        "may_send": may_send,
        "test_form": TestForm(member=member, people=found.people) if may_send else None,
    }
    return render(request, "campaigns/review.html", context, status=422 if problem or form.errors else 200)


def left_out_lines(audience: Audience) -> list[Line]:
    """Who of the list gets nothing, by reason."""
    words = {
        "unsubscribed": _("unsubscribed"),
        "suppressed": _("on the suppression list"),
        "smtputf8": _("with an address that few servers take yet"),
        "received": _("got it before"),
        "waiting": _("may still get the earlier one"),
        "in_doubt": _("may have got the earlier one"),
    }
    return [Line(n=n, why=words[reason]) for reason, n in audience.left_out.items()]


def _row(member: Member, campaign: Campaign, finding: Finding, *, ticked: bool = False) -> Row:
    return Row(finding=finding, fix=_fix(member, campaign, finding), ticked=ticked)


def _fix(member: Member, campaign: Campaign, finding: Finding) -> str:
    if finding.code.startswith("domain_"):
        return reverse("console:sending_domains", args=[member.slug])
    if finding.code in BESIDE:
        return BESIDE[finding.code]
    if finding.part is Part.TENANT:
        settings_page = reverse("console:settings", args=[member.slug])
        return settings_page if allows(member.role, Capability.SETTINGS_EDIT) else ""
    if not allows(member.role, Capability.CAMPAIGNS_EDIT):
        return ""
    name, place = PLACES[finding.part]
    return f"{reverse(name, args=[member.slug, campaign.pk])}#{place}"
