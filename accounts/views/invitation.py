"""The page behind an invitation's link: join as a new person, or with the account that one has."""

from typing import Any

from django import forms
from django.contrib.auth import login
from django.contrib.auth.password_validation import password_validators_help_text_html, validate_password
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext_lazy
from django.views.decorators.cache import never_cache

from accounts.exceptions import AccountsError, InvitationGone
from accounts.models import Invitation, User
from accounts.services import invitations
from accounts.services.organization import one_line
from accounts.views.settings import REFUSED

_BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


class JoinForm(forms.Form):
    """A new person: the name that others see, and a password."""

    name = forms.CharField(
        max_length=100,
        label=gettext_lazy("Your name"),
        validators=[one_line],
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    password = forms.CharField(
        max_length=1000,
        strip=False,
        label=gettext_lazy("Password"),
        help_text=password_validators_help_text_html,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, data: Any = None, *, email: str) -> None:
        super().__init__(data)
        self.email = email

    def clean_password(self) -> str:
        """Refuses what is too short or too common."""
        password: str = self.cleaned_data["password"]
        validate_password(password, User(email=self.email))
        return password


@never_cache
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """A GET shows what it is about and changes nothing; a POST accepts."""
    try:
        found = invitations.find(token)
    except InvitationGone:
        return render(request, "accounts/invitation_gone.html", status=InvitationGone.status)
    if request.user.is_authenticated:
        return _with_account(request, token, found)
    if User.objects.filter(email=found.email).exists():
        return _page(request, found, state="sign_in")
    return _join(request, token, found)


def _join(request: HttpRequest, token: str, found: Invitation) -> HttpResponse:
    form = JoinForm(request.POST if request.method == "POST" else None, email=found.email)
    if request.method != "POST":
        return _page(request, found, state="join", form=form)
    if not form.is_valid():
        return _page(request, found, state="join", form=form, status=REFUSED)
    try:
        user = invitations.join(
            token=token,
            name=form.cleaned_data["name"],
            password=form.cleaned_data["password"],
            locale=get_language() or found.tenant.locale,
            address=request.META.get("REMOTE_ADDR", ""),
        )
    except AccountsError:
        # Somebody was faster with the same link: the page says how it stands now.
        return redirect("account_invitation", token)
    login(request, user, backend=_BACKEND)
    return redirect("console:home", found.tenant.slug)


def _with_account(request: HttpRequest, token: str, found: Invitation) -> HttpResponse:
    user = request.user
    if not isinstance(user, User) or user.email != found.email:
        return _page(request, found, state="other", status=403 if request.method == "POST" else 200)
    if request.method != "POST":
        return _page(request, found, state="accept")
    try:
        invitations.accept(token=token, user=user, address=request.META.get("REMOTE_ADDR", ""))
    except AccountsError:
        return redirect("account_invitation", token)
    return redirect("console:home", found.tenant.slug)


def _page(request: HttpRequest, found: Invitation, *, status: int = 200, **more: Any) -> HttpResponse:
    return render(request, "accounts/invitation.html", {"invitation": found, **more}, status=status)
