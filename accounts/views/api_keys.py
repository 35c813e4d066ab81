"""API keys: made here, shown once, ended here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.exceptions import AccountsError, NotAllowed
from accounts.models import ApiKey, Role, SendingDomain
from accounts.models.api_key import KeyScope
from accounts.permissions import Capability, may_issue
from accounts.selectors.membership import Member
from accounts.services.api_keys import OVERLAP, create_key, revoke_key, rotate_key
from accounts.services.key_limits import MAX_RATE, KeyLimits
from accounts.services.organization import one_line
from accounts.views.access import actor_of, tenant_page
from accounts.views.scope_choice import (
    Access,
    ScopeGroup,
    clean_scopes,
    scope_choices,
    scope_groups,
    scope_words,
)
from accounts.views.settings import REFUSED
from accounts.views.tabs import developer_tabs
from relay_saas.web.paging import page_of

SIZE: Final = 50
_LIVES: Final = [
    ("90", gettext_lazy("90 days")),
    ("365", gettext_lazy("one year")),
    ("30", gettext_lazy("30 days")),
    ("", gettext_lazy("without an end")),
]


class KeyForm(forms.Form):
    """A new key."""

    name = forms.CharField(
        max_length=60,
        validators=[one_line],
        label=gettext_lazy("Name"),
        help_text=gettext_lazy("Where it will be used, for example: online shop."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    access = forms.ChoiceField(
        choices=Access.choices, required=False, label=gettext_lazy("It may"), widget=forms.RadioSelect
    )
    scopes = forms.MultipleChoiceField(
        required=False, label=gettext_lazy("What it may do"), widget=forms.CheckboxSelectMultiple
    )
    life = forms.ChoiceField(choices=_LIVES, required=False, label=gettext_lazy("It ends after"))
    test = forms.BooleanField(
        required=False,
        label=gettext_lazy("A test key"),
        help_text=gettext_lazy("Its mail is accepted and simulated, and never sent."),
    )
    domains = forms.MultipleChoiceField(
        required=False,
        label=gettext_lazy("It may send from"),
        help_text=gettext_lazy("None chosen: from every verified domain."),
        widget=forms.CheckboxSelectMultiple,
    )
    networks = forms.CharField(
        required=False,
        max_length=5_000,
        label=gettext_lazy("It may be used from"),
        help_text=gettext_lazy(
            "One IP address or network a line, for example 203.0.113.0/24. Empty: from anywhere."
        ),
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off", "spellcheck": "false"}),
    )
    rate = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=MAX_RATE,
        label=gettext_lazy("Requests a second, at most"),
        help_text=gettext_lazy("Empty: as many as the installation allows."),
    )

    def __init__(self, *args: Any, role: Role, domains: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = scope_choices(scope.value for scope in KeyScope if may_issue(role, [scope]))
        self.fields["scopes"].choices = offered  # type: ignore[attr-defined]  # a choice field
        self.fields["domains"].choices = [(name, name) for name in domains]  # type: ignore[attr-defined]  # a choice field
        if not domains:
            del self.fields["domains"]

    def clean(self) -> dict[str, Any]:
        """The scopes that the chosen word stands for."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        return values | {"scopes": clean_scopes(self, values)}

    def scope_groups(self) -> list[ScopeGroup]:
        """The boxes, by noun."""
        return scope_groups(self["scopes"])

    def limits(self) -> KeyLimits:
        """What was chosen; call it when the form is valid."""
        values = self.cleaned_data
        networks = [line.strip() for line in values["networks"].splitlines()]
        return KeyLimits(
            test=values["test"],
            domains=values.get("domains", ()),
            networks=[network for network in networks if network],
            rate=values["rate"],
        )

    def refuse(self, error: AccountsError) -> None:
        """Puts each problem to its field."""
        for problem in error.errors:
            field = problem.pointer.split("/")[1]
            self.add_error(field if field in self.fields else None, f"{problem.detail} ({problem.code})")
        if not error.errors:
            self.add_error("name", f"{error} ({error.code})")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRow:
    """A key with its state and its scopes in words."""

    key: ApiKey
    state: str
    scopes: list[str]


@tenant_page(Capability.DEVELOPERS_EDIT)
def keys(request: HttpRequest, member: Member) -> HttpResponse:
    """All keys, newest first."""
    first = {"access": Access.SEND.value, "scopes": [KeyScope.MESSAGES_SEND], "life": "90"}
    return _page(request, member, KeyForm(role=member.role, initial=first, domains=_domains(member)))


@tenant_page(Capability.DEVELOPERS_EDIT)
def create(request: HttpRequest, member: Member) -> HttpResponse:
    """Makes a key and shows its secret: this answer is the only place where it ever stands."""
    if request.method != "POST":
        return redirect("console:keys", member.slug)
    form = KeyForm(request.POST, role=member.role, domains=_domains(member))
    if form.is_valid():
        life = form.cleaned_data["life"]
        try:
            key, secret = create_key(
                tenant_id=member.tenant_id,
                name=form.cleaned_data["name"],
                scopes=form.cleaned_data["scopes"],
                expires_at=timezone.now() + timedelta(days=int(life)) if life else None,
                actor=actor_of(request),
                limits=form.limits(),
            )
        except AccountsError as error:
            form.refuse(error)
        else:
            return _shown_once(request, member, key, secret)
    return _page(request, member, form, status=REFUSED)


@tenant_page(Capability.DEVELOPERS_EDIT)
def rotate(request: HttpRequest, member: Member, key_id: int) -> HttpResponse:
    """Makes a successor and shows it; the old key works on for a day."""
    if request.method != "POST":
        return redirect("console:keys", member.slug)
    old = ApiKey.objects.filter(tenant_id=member.tenant_id, pk=key_id).first()
    if old is not None and not may_issue(member.role, old.scopes):
        raise NotAllowed
    try:
        key, secret = rotate_key(tenant_id=member.tenant_id, key_id=key_id, actor=actor_of(request))
    except AccountsError as error:
        messages.error(request, f"{error} ({error.code})")
        return redirect("console:keys", member.slug)
    return _shown_once(request, member, key, secret, replaced=True)


@tenant_page(Capability.DEVELOPERS_EDIT)
def revoke(request: HttpRequest, member: Member, key_id: int) -> HttpResponse:
    """Ends a key at once."""
    if request.method == "POST":
        revoke_key(tenant_id=member.tenant_id, key_id=key_id, actor=actor_of(request))
        messages.success(request, _("The key has ended. Requests with it are refused from now on."))
    return redirect("console:keys", member.slug)


def _domains(member: Member) -> list[str]:
    names = SendingDomain.objects.filter(tenant_id=member.tenant_id).order_by("name")
    return list(names.values_list("name", flat=True))


def _shown_once(
    request: HttpRequest, member: Member, key: ApiKey, secret: str, *, replaced: bool = False
) -> HttpResponse:
    context = {
        "tabs": developer_tabs(member, "keys"),
        "key": key,
        "secret": secret,
        "replaced": replaced,
        "overlap_hours": OVERLAP // timedelta(hours=1),
        "may_send": KeyScope.MESSAGES_SEND in key.scopes,
        "base_url": settings.RELAY_BASE_URL.rstrip("/"),
    }
    return render(request, "accounts/key_shown.html", context, status=201)


def _page(request: HttpRequest, member: Member, form: KeyForm, status: int = 200) -> HttpResponse:
    page = page_of(
        ApiKey.objects.filter(tenant_id=member.tenant_id),
        order=["-id"],
        cursor=request.GET.get("cursor"),
        size=SIZE,
    )
    context: dict[str, Any] = {
        "tabs": developer_tabs(member, "keys"),
        "page": page,
        "rows": [KeyRow(key=key, state=state_of(key), scopes=scope_words(key.scopes)) for key in page.items],
        "form": form,
        "base_url": settings.RELAY_BASE_URL.rstrip("/"),
        "overlap_hours": OVERLAP // timedelta(hours=1),
    }
    return render(request, "accounts/keys.html", context, status=status)


def state_of(key: ApiKey) -> str:
    """`works`, `revoked` or `expired`."""
    if key.revoked_at is not None:
        return "revoked"
    return "expired" if key.expires_at is not None and key.expires_at <= timezone.now() else "works"


@tenant_page(Capability.DEVELOPERS_EDIT)
def reference(request: HttpRequest, member: Member) -> HttpResponse:
    """What the API offers, with a call to try each."""
    context = {
        "tabs": developer_tabs(member, "api_reference"),
        "base_url": settings.RELAY_BASE_URL.rstrip("/"),
        "scopes": KeyScope,
    }
    return render(request, "accounts/api_reference.html", context)
