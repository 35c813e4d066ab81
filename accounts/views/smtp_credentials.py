"""SMTP credentials: made here, shown once, ended here, with settings ready for mail programs."""

from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from accounts.exceptions import BadCredential, CredentialEnded
from accounts.models import SmtpCredential
from accounts.models.stream import Stream
from accounts.permissions import Capability
from accounts.selectors.membership import Member
from accounts.selectors.smtp_credentials import credential_of, used_of
from accounts.services import smtp_credentials
from accounts.views.access import actor_of, tenant_page
from accounts.views.settings import REFUSED
from accounts.views.smtp_forms import CredentialForm, initial_of
from accounts.views.smtp_guides import PLACEHOLDER, guides, server
from accounts.views.tabs import developer_tabs
from relay_saas.web.paging import page_of

SIZE: Final = 50
PAGE: Final = "smtp_credentials"


@tenant_page(Capability.DEVELOPERS_EDIT)
def credentials(request: HttpRequest, member: Member) -> HttpResponse:
    """All credentials, newest first."""
    rows = SmtpCredential.objects.filter(tenant_id=member.tenant_id)
    page = page_of(rows, order=["-id"], cursor=request.GET.get("cursor"), size=SIZE)
    context = {"tabs": developer_tabs(member, PAGE), "page": page, "server": server()}
    return render(request, "accounts/smtp_credentials.html", context)


@tenant_page(Capability.DEVELOPERS_EDIT)
def create(request: HttpRequest, member: Member) -> HttpResponse:
    """Makes a credential and shows its password: this answer is the only place where it ever stands."""
    if request.method != "POST":
        return _form(request, member, CredentialForm(initial={"stream": Stream.TRANSACTIONAL.value}))
    form = CredentialForm(request.POST)
    if form.is_valid():
        try:
            credential, password = smtp_credentials.create(
                tenant_id=member.tenant_id, draft=form.draft(), actor=actor_of(request)
            )
        except BadCredential as error:
            form.refuse(error)
        else:
            return _shown_once(request, member, credential, password)
    return _form(request, member, form, status=REFUSED)


@tenant_page(Capability.DEVELOPERS_EDIT)
def credential(request: HttpRequest, member: Member, credential_id: int) -> HttpResponse:
    """What it may do, what it has used of its limits, and the settings with its user name."""
    found = credential_of(member.tenant_id, credential_id)
    at = server(found.username)
    context = {
        "credential": found,
        "used": used_of(member.tenant_id, found.pk),
        "server": at,
        "guides": [] if found.revoked_at else guides(at),
    }
    return render(request, "accounts/smtp_credential.html", context)


@tenant_page(Capability.DEVELOPERS_EDIT)
def edit(request: HttpRequest, member: Member, credential_id: int) -> HttpResponse:
    """Changes what it may do; programs keep user name and password."""
    found = credential_of(member.tenant_id, credential_id)
    if found.revoked_at is not None:
        messages.error(request, CredentialEnded.message)
        return redirect("console:smtp_credential", member.slug, found.pk)
    if request.method != "POST":
        return _edit_form(request, found, CredentialForm(initial=initial_of(found)))
    form = CredentialForm(request.POST)
    if form.is_valid():
        try:
            smtp_credentials.update(
                tenant_id=member.tenant_id,
                credential_id=found.pk,
                draft=form.draft(),
                actor=actor_of(request),
            )
        except BadCredential as error:
            form.refuse(error)
        except CredentialEnded:
            return redirect("console:smtp_credential", member.slug, found.pk)
        else:
            messages.success(request, _("Changed. It counts from the next message on."))
            return redirect("console:smtp_credential", member.slug, found.pk)
    return _edit_form(request, found, form, status=REFUSED)


@tenant_page(Capability.DEVELOPERS_EDIT)
def revoke(request: HttpRequest, member: Member, credential_id: int) -> HttpResponse:
    """Ends a credential."""
    if request.method == "POST":
        smtp_credentials.revoke(
            tenant_id=member.tenant_id, credential_id=credential_id, actor=actor_of(request)
        )
        messages.success(request, _("The credential has ended. Programs that use it cannot send any more."))
    return redirect("console:smtp_credentials", member.slug)


@tenant_page(Capability.DEVELOPERS_EDIT)
def ready_settings(request: HttpRequest, member: Member) -> HttpResponse:
    """What to enter where; the user name is that of a credential's own page."""
    at = server()
    context = {
        "tabs": developer_tabs(member, PAGE),
        "server": at,
        "guides": guides(at),
        "placeholder": PLACEHOLDER,
    }
    return render(request, "accounts/smtp_settings.html", context)


def _shown_once(
    request: HttpRequest, member: Member, credential: SmtpCredential, password: str
) -> HttpResponse:
    at = server(credential.username)
    context = {
        "tabs": developer_tabs(member, PAGE),
        "credential": credential,
        "password": password,
        "server": at,
        "guides": guides(at),
    }
    return render(request, "accounts/smtp_shown.html", context, status=201)


def _form(request: HttpRequest, member: Member, form: CredentialForm, status: int = 200) -> HttpResponse:
    context: dict[str, Any] = {"tabs": developer_tabs(member, PAGE), "form": form}
    return render(request, "accounts/smtp_new.html", context, status=status)


def _edit_form(
    request: HttpRequest, found: SmtpCredential, form: CredentialForm, status: int = 200
) -> HttpResponse:
    context = {"credential": found, "form": form}
    return render(request, "accounts/smtp_edit.html", context, status=status)
