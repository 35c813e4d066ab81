"""One field for everything: a contact by address, a campaign by name, a message by id or address, a job.

Each kind is answered by an index or from a bounded number of the newest rows, so that it is fast however
much there is.
"""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.jobs import label_of
from accounts.models import Job
from accounts.permissions import Capability
from accounts.selectors.membership import Member
from accounts.views.access import tenant_page
from campaigns.models import Campaign, Contact
from relay_saas.mail.ids import BadId, parse_id
from tracking.selectors.campaigns import CampaignRow, campaign_rows
from tracking.selectors.messages import (
    MessageRow,
    key_of,
    message_page,
    messages_of_submission,
    one_message,
)

_MOST: Final = 10
_CAMPAIGNS: Final = 1000
_JOBS: Final = 200
#: Shorter beginnings of an address fit too many to help.
_SHORTEST: Final = 2
#: Sorts behind everything that an address may go on with.
_LAST: Final = "\U0010ffff"
MAX_LENGTH: Final = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a search found, at most ten of each kind."""

    contacts: list[Contact]
    campaigns: list[CampaignRow]
    messages: list[MessageRow]
    jobs: list[Job]

    @property
    def nothing(self) -> bool:
        """Whether there is not a single hit."""
        return not (self.contacts or self.campaigns or self.messages or self.jobs)


@tenant_page(Capability.VIEW)
def search(request: HttpRequest, member: Member) -> HttpResponse:
    """The hits by kind; without a question, what can be asked."""
    asked = " ".join(request.GET.get("q", "").replace("\0", "").split())[:MAX_LENGTH]
    found = find(tenant_id=member.tenant_id, asked=asked) if asked else None
    return render(request, "console/search.html", {"asked": asked, "found": found})


def find(*, tenant_id: UUID, asked: str) -> Found:
    """Everything that fits; the whole address or its beginning, a part of a name, a whole id."""
    return Found(
        contacts=_contacts(tenant_id, asked),
        campaigns=_campaigns(tenant_id, asked),
        messages=_messages(tenant_id, asked),
        jobs=_jobs(tenant_id, asked),
    )


def _contacts(tenant_id: UUID, asked: str) -> list[Contact]:
    beginning = key_of(asked) or asked.casefold()
    if len(beginning) < _SHORTEST:
        return []
    rows = Contact.objects.filter(
        tenant_id=tenant_id, email_key__gte=beginning, email_key__lt=beginning + _LAST
    )
    return list(rows.order_by("email_key")[:_MOST])


def _campaigns(tenant_id: UUID, asked: str) -> list[CampaignRow]:
    newest = Campaign.objects.filter(tenant_id=tenant_id).order_by("-id").values("pk")[:_CAMPAIGNS]
    fits = Q(name__icontains=asked) | Q(subject__icontains=asked)
    number = _number(asked)
    if number is not None:
        fits |= Q(pk=number)
    rows = Campaign.objects.filter(fits, tenant_id=tenant_id, pk__in=newest)
    return campaign_rows(tenant_id, rows.order_by("-id")[:_MOST])


def _messages(tenant_id: UUID, asked: str) -> list[MessageRow]:
    try:
        if asked.startswith("msg_"):
            page = one_message(tenant_id=tenant_id, message_id=parse_id("msg", asked))
        elif asked.startswith("em_"):
            page = messages_of_submission(tenant_id=tenant_id, submission_id=parse_id("em", asked))
        elif key_of(asked) is not None:
            page = message_page(tenant_id=tenant_id, cursor=None, address=asked)
        else:
            return []
    except BadId:
        return []
    return list(page.items[:_MOST])


def _jobs(tenant_id: UUID, asked: str) -> list[Job]:
    newest = Job.objects.filter(tenant_id=tenant_id).order_by("-id")[:_JOBS]
    number, words = _number(asked), asked.casefold()
    return [job for job in newest if job.pk == number or words in _words(job)][:_MOST]


def _words(job: Job) -> str:
    return f"{job.kind} {label_of(job)} {job.title}".casefold()


def _number(asked: str) -> int | None:
    digits = asked.removeprefix("#")
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) < 19 else None
