"""The request log: what an organization's programs asked of the API, and what they were told."""

from typing import Final

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import ApiKey, ApiRequest
from accounts.permissions import Capability
from accounts.selectors.membership import Member
from accounts.services.request_log import RETENTION
from accounts.views.access import tenant_page
from accounts.views.tabs import developer_tabs
from relay_saas.web.paging import page_of

SIZE: Final = 50
MOST_KEYS: Final = 200
_CLASSES: Final = {"ok": (200, 399), "refused": (400, 499), "failed": (500, 599)}


class LogForm(forms.Form):
    """What to look for."""

    status = forms.ChoiceField(
        required=False,
        label=gettext_lazy("Answer"),
        choices=[
            ("", gettext_lazy("All")),
            ("ok", gettext_lazy("Accepted (2xx)")),
            ("refused", gettext_lazy("Refused (4xx)")),
            ("failed", gettext_lazy("Our fault (5xx)")),
        ],
    )
    key = forms.ChoiceField(required=False, label=gettext_lazy("Key"))
    request_id = forms.CharField(
        required=False,
        max_length=64,
        label=gettext_lazy("Request ID"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, data: QueryDict, *, keys: dict[int, str]) -> None:
        super().__init__(data)
        choices = [("", _("All")), *((str(pk), name) for pk, name in keys.items())]
        self.fields["key"] = forms.ChoiceField(required=False, choices=choices, label=_("Key"))


@tenant_page(Capability.DEVELOPERS_EDIT)
def requests(request: HttpRequest, member: Member) -> HttpResponse:
    """Newest first, by answer, key and request id."""
    keys = _keys(member)
    form = LogForm(request.GET, keys=keys)
    rows = ApiRequest.objects.filter(tenant_id=member.tenant_id)
    # A value that nobody offered finds nothing, instead of everything.
    rows = _chosen(rows, form.cleaned_data) if form.is_valid() else rows.none()
    page = page_of(rows, order=["-id"], cursor=request.GET.get("cursor"), size=SIZE)
    filtered = any(request.GET.get(name) for name in form.fields)
    context = {
        "tabs": developer_tabs(member, "request_log"),
        "form": form,
        "page": page,
        "rows": [(row, keys.get(row.key_id, "")) for row in page.items],
        "filtered": filtered,
        "days": RETENTION.days,
    }
    return render(request, "accounts/request_log.html", context)


def _keys(member: Member) -> dict[int, str]:
    """Names of keys by id, ended ones included, newest first."""
    found = ApiKey.objects.filter(tenant_id=member.tenant_id).order_by("-id")[:MOST_KEYS]
    return {key.pk: f"{key.name} ({key.prefix}…)" for key in found}


def _chosen(rows: QuerySet[ApiRequest], wanted: dict[str, str]) -> QuerySet[ApiRequest]:
    if wanted["status"]:
        rows = rows.filter(status__range=_CLASSES[wanted["status"]])
    if wanted["key"]:
        rows = rows.filter(key_id=int(wanted["key"]))
    if wanted["request_id"]:
        rows = rows.filter(request_id=wanted["request_id"].strip())
    return rows
