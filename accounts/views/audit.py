"""The audit log: who did what, when, and from where."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from django import forms
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.audit_words import VERBS, change_words, object_words, verb_words
from accounts.models import AuditEvent, Membership
from accounts.permissions import Capability
from accounts.selectors.audit import AuditFilter, audit_page
from accounts.selectors.membership import Member
from accounts.services import jobs
from accounts.services.audit_export import NAME, arguments_of
from accounts.views.access import actor_of, tenant_page
from accounts.views.tabs import settings_tabs

MOST_PEOPLE: Final = 500


class AuditForm(forms.Form):
    """What to look for."""

    person = forms.IntegerField(
        required=False, min_value=1, max_value=2**63 - 1, label=gettext_lazy("Person")
    )
    verb = forms.CharField(required=False, max_length=40, label=gettext_lazy("Deed"))
    since = forms.DateField(
        required=False,
        label=gettext_lazy("First day"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    until = forms.DateField(
        required=False,
        label=gettext_lazy("Last day"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, data: QueryDict, *, people: list[tuple[str, str]]) -> None:
        super().__init__(data)
        verbs: dict[str, str] = {}
        for verb in VERBS:
            verbs.setdefault(verb, verb_words(verb))
        everything = [("", _("All"))]
        self.fields["person"].widget = forms.Select(choices=[*everything, *people])
        ordered = sorted(verbs.items(), key=lambda one: one[1])
        self.fields["verb"].widget = forms.Select(choices=[*everything, *ordered])

    def wanted(self) -> AuditFilter:
        """The filter; days begin in the active time zone."""
        values = self.cleaned_data
        return AuditFilter(
            person=values["person"],
            verb=values["verb"],
            since=_begin(values["since"]),
            before=_begin(values["until"], after=1),
        )


def _begin(day: date | None, *, after: int = 0) -> datetime | None:
    """The first moment of the day, or of that many days later; None where calendars end."""
    if day is None:
        return None
    try:
        return timezone.make_aware(datetime.combine(day + timedelta(days=after), time.min)).astimezone(UTC)
    except OverflowError:
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditLine:
    """An event in words."""

    event: AuditEvent
    what: str
    object: str
    changes: list[str]


@tenant_page(Capability.AUDIT_VIEW)
def log(request: HttpRequest, member: Member) -> HttpResponse:
    """Newest first."""
    form = AuditForm(request.GET, people=_people(member, request.GET.get("person", "")))
    wanted = form.wanted() if form.is_valid() else None
    context: dict[str, Any] = {
        "tabs": settings_tabs(member, "audit"),
        "form": form,
        "query": request.GET.urlencode(),
    }
    context["filtered"] = any(request.GET.get(name) for name in form.fields)
    if wanted is not None:
        page = audit_page(tenant_id=member.tenant_id, wanted=wanted, cursor=request.GET.get("cursor"))
        context |= {"page": page, "lines": [line_of(event) for event in page.items]}
    return render(request, "accounts/audit.html", context, status=200 if wanted is not None else 422)


@tenant_page(Capability.AUDIT_VIEW)
def export(request: HttpRequest, member: Member) -> HttpResponse:
    """Begins the export of what the filter finds; the form sends the page's query along."""
    form = AuditForm(QueryDict(request.POST.get("query", "")), people=[])
    if request.method != "POST" or not form.is_valid():
        return redirect("console:audit", member.slug)
    job = jobs.create(
        tenant_id=member.tenant_id,
        kind=NAME,
        title=_("Audit log"),
        actor=actor_of(request),
        arguments=arguments_of(form.wanted()),
    )
    return redirect("console:job", member.slug, job.pk)


def line_of(event: AuditEvent) -> AuditLine:
    """The event in words."""
    return AuditLine(
        event=event, what=verb_words(event.verb), object=object_words(event), changes=change_words(event)
    )


def _people(member: Member, asked: str) -> list[tuple[str, str]]:
    """The members, and whoever is asked for: people who have left are in the log as well."""
    found = Membership.objects.filter(tenant_id=member.tenant_id).select_related("user")
    people = [(str(one.user_id), one.user.email) for one in found.order_by("user__email")[:MOST_PEOPLE]]
    if not asked.isascii() or not asked.isdigit() or len(asked) > 18 or asked in dict(people):
        return people
    events = AuditEvent.objects.filter(tenant_id=member.tenant_id, user_id=int(asked))
    return [*people, *((asked, event.actor) for event in events.order_by("-id")[:1])]
