"""The list of messages with its filters."""

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Capability
from accounts.selectors.membership import Member
from accounts.views.access import tenant_page
from campaigns.models import Campaign
from relay_saas.mail.ids import BadId, parse_id
from relay_saas.web.paging import Page
from tracking.selectors.campaigns import launched_names
from tracking.selectors.message_keys import (
    REACTIONS,
    STATES,
    WAITING,
    Range,
    Wanted,
    range_of_campaign,
    range_of_time,
)
from tracking.selectors.messages import (
    MessageRow,
    key_of,
    message_page,
    messages_of_submission,
    one_message,
)

NONE: Page[MessageRow] = Page(items=(), next_cursor=None, previous_cursor=None)


class Day(forms.DateInput):
    """The browser's own calendar, which takes and gives ISO dates."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


def _states() -> list[tuple[str, Any]]:
    named = [*STATES.items(), *REACTIONS.items()]
    return [("", _("Every state")), (WAITING, _("Waiting")), *((word, one.label) for word, one in named)]


def _campaign(choices: list[tuple[Any, Any]]) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        label=_("Campaign"), required=False, choices=choices, coerce=int, empty_value=None
    )


class Filter(forms.Form):
    """What the list may be asked; whatever is left empty asks for nothing."""

    q = forms.CharField(
        label=_("Recipient’s address or id"),
        help_text=_("The whole address, or an id that begins with msg_ or em_."),
        required=False,
        max_length=400,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    state = forms.ChoiceField(label=_("State"), required=False, choices=_states)
    campaign = forms.TypedChoiceField()
    begin = forms.DateField(label=_("From (day)"), required=False, widget=Day())
    end = forms.DateField(label=_("To (day)"), required=False, widget=Day())

    def __init__(self, data: Any, *, campaigns: list[tuple[int, str]]) -> None:
        super().__init__(data, label_suffix="")
        self.fields["campaign"] = _campaign([("", _("Every message")), *campaigns])

    def clean(self) -> dict[str, Any]:
        """A period that ends before it begins is a slip of the hand."""
        cleaned = super().clean() or {}
        begin, end = cleaned.get("begin"), cleaned.get("end")
        if begin and end and end < begin:
            self.add_error("end", _("The period ends before it begins."))
        return cleaned


@tenant_page(Capability.VIEW)
def message_list(request: HttpRequest, member: Member) -> HttpResponse:
    """Newest first, or what the filter asks for."""
    number = request.GET.get("campaign", "")
    also = int(number) if number.isascii() and number.isdecimal() and len(number) < 19 else None
    form = Filter(request.GET, campaigns=launched_names(tenant_id=member.tenant_id, also=also))
    page = _found(member, form.cleaned_data, request.GET.get("cursor")) if form.is_valid() else NONE
    asked = any(request.GET.get(name) for name in form.fields)
    return render(request, "tracking/messages.html", {"page": page, "form": form, "asked": asked})


def _found(member: Member, asked: dict[str, Any], cursor: str | None) -> Page[MessageRow]:
    text = asked["q"].strip()
    if text.startswith(("msg_", "em_")):
        return _by_id(member, text)
    key = key_of(text) if text else ""
    if key is None:
        return NONE
    wanted = Wanted(
        ids=_ids(member, asked),
        state=asked["state"],
        campaign_id=asked["campaign"],
        rcpt_key=key,
    )
    return message_page(tenant_id=member.tenant_id, cursor=cursor, wanted=wanted)


def _by_id(member: Member, text: str) -> Page[MessageRow]:
    try:
        if text.startswith("msg_"):
            return one_message(tenant_id=member.tenant_id, message_id=parse_id("msg", text))
        return messages_of_submission(tenant_id=member.tenant_id, submission_id=parse_id("em", text))
    except BadId:
        return NONE


def _ids(member: Member, asked: dict[str, Any]) -> Range:
    begin, end = asked["begin"], asked["end"]
    ids = range_of_time(
        _midnight(begin) if begin else None, _midnight(end + timedelta(days=1)) if end else None
    )
    if asked["campaign"] is None:
        return ids
    campaign = Campaign.objects.filter(tenant_id=member.tenant_id, pk=asked["campaign"]).first()
    return ids.within(range_of_campaign(campaign)) if campaign else Range(low=1, high=0)


def _midnight(day: Any) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
