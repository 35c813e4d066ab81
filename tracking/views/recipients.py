"""Who got a campaign and what they did with it: filtered, page by page."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.csv_file import Encoding
from accounts.permissions import Capability, allows
from accounts.selectors.membership import Member
from accounts.views.access import tenant_page
from accounts.views.actors import actor_of
from campaigns.models import Campaign
from delivery.models import AttemptState
from tracking.models import Engagement
from tracking.selectors.message_keys import REACTIONS, STATES, WAITING, Wanted, range_of_campaign
from tracking.selectors.messages import RecipientRow, recipient_page
from tracking.selectors.report import links
from tracking.services.recipient_export import export
from tracking.views.report import campaign_of, with_machines
from tracking.words.classes import class_label

#: In the order of a campaign's life.
_ORDER: Final = ("delivered", "bounced", WAITING, "suppressed", "failed", "expired", "cancelled", "in_doubt")
_CHOICES: Final = (*_ORDER, *REACTIONS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A recipient as the table shows them."""

    recipient: RecipientRow
    why: str
    #: Reactions in words, and whether only a machine had them.
    did: tuple[tuple[str, bool], ...]


def wanted_of(campaign: Campaign, *, state: str, link: str, machines: bool) -> Wanted:
    """What the query string asks for; a link that is no number is not asked for."""
    index = int(link) if link.isascii() and link.isdecimal() and len(link) < 5 else None
    return Wanted(
        ids=range_of_campaign(campaign),
        state=state,
        campaign_id=campaign.pk,
        link=index if state == Engagement.Kind.CLICKED else None,
        machines=machines,
    )


@tenant_page(Capability.REPORTS_VIEW)
def recipients(request: HttpRequest, member: Member, campaign_id: int) -> HttpResponse:
    """Newest ids first; states and reactions are filters, and so is the link that was clicked."""
    campaign = campaign_of(member, campaign_id)
    machines = with_machines(request)
    state = request.GET.get("state", "")
    wanted = wanted_of(campaign, state=state, link=request.GET.get("link", ""), machines=machines)
    page = recipient_page(tenant_id=member.tenant_id, wanted=wanted, cursor=request.GET.get("cursor"))
    context = {
        "campaign": campaign,
        "page": page,
        "lines": [_line(row, machines=machines) for row in page.items],
        "state": state,
        "link": wanted.link,
        "machines": machines,
        "reacted": state in REACTIONS,
        "choices": [(word, state_label(word)) for word in _CHOICES],
        "links": links(campaign, machines=machines) if campaign.content_id else [],
        "encodings": Encoding.choices,
        "may_export": allows(member.role, Capability.CONTACTS_EXPORT),
    }
    return render(request, "tracking/recipients.html", context)


@require_POST
@tenant_page(Capability.CONTACTS_EXPORT)
def recipients_export(request: HttpRequest, member: Member, campaign_id: int) -> HttpResponse:
    """Begins a job that writes what the filter shows as CSV; leads to its page."""
    campaign = campaign_of(member, campaign_id)
    state, link = request.POST.get("state", ""), request.POST.get("link", "")
    wanted = wanted_of(campaign, state=state, link=link, machines=request.POST.get("machines") == "1")
    job = export(
        campaign=campaign,
        wanted=wanted,
        encoding=request.POST.get("encoding", ""),
        actor=actor_of(request, member),
    )
    return redirect("console:job", member.slug, job.pk)


def state_label(word: str) -> str:
    """A filter in words."""
    if word == WAITING:
        return _("Waiting")
    return str(STATES[word].label if word in STATES else REACTIONS[word].label)


def _line(row: RecipientRow, *, machines: bool) -> Line:
    state, category = row.message.state, row.message.category
    tells = category and state not in {None, AttemptState.DELIVERED}
    return Line(
        recipient=row, why=class_label(category) if tells else "", did=tuple(_did(row, machines=machines))
    )


def _did(row: RecipientRow, *, machines: bool) -> Iterator[tuple[str, bool]]:
    for kind in Engagement.Kind:
        person, machine = ((kind.value, flag) in row.reactions for flag in (False, True))
        if person or (machine and machines):
            yield str(kind.label), not person
