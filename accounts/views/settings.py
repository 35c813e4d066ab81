"""The organization's own settings: its name, language and zone, and what the law asks for in mail."""

from typing import Any, Final

from django import forms
from django.conf import settings as configuration
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import Tenant
from accounts.permissions import Capability, allows
from accounts.selectors.membership import Member
from accounts.services.organization import SETTINGS, UNDO_SECONDS, change_settings, one_line, zone_names
from accounts.views.access import actor_of, tenant_page
from accounts.views.tabs import settings_tabs

REFUSED: Final = 422


def zones() -> list[tuple[str, str]]:
    """Choices of time zones."""
    return [(name, name.replace("_", " ")) for name in zone_names()]


def undo_choices() -> list[tuple[str, str]]:
    """The installation's own first."""
    usual = _seconds(configuration.RELAY_UNDO_SECONDS)
    first = _("As usual here (%(seconds)s)") % {"seconds": usual}
    return [("", first), *((str(seconds), _seconds(seconds)) for seconds in UNDO_SECONDS)]


def _seconds(n: int) -> str:
    return ngettext("%(n)s second", "%(n)s seconds", n) % {"n": n}


class SettingsForm(forms.Form):
    """What an organization says of itself."""

    name = forms.CharField(max_length=100, label=gettext_lazy("Name"), validators=[one_line])
    locale = forms.ChoiceField(
        choices=configuration.LANGUAGES,
        label=gettext_lazy("Language"),
        help_text=gettext_lazy("Of mails from us. Everybody sees the pages in their own language."),
    )
    time_zone = forms.ChoiceField(
        choices=zones, label=gettext_lazy("Time zone"), help_text=gettext_lazy("All times are shown in it.")
    )
    legal_name = forms.CharField(
        max_length=200,
        required=False,
        validators=[one_line],
        label=gettext_lazy("Legal name"),
        help_text=gettext_lazy("Who sends the mail. It stands in the footer of every marketing mail."),
    )
    postal_address = forms.CharField(
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        label=gettext_lazy("Postal address"),
        help_text=gettext_lazy("The law asks for it in marketing mail."),
    )
    contact_address = forms.CharField(
        max_length=200,
        required=False,
        validators=[one_line],
        label=gettext_lazy("Contact address"),
        help_text=gettext_lazy("Where recipients reach you: a mail address, a phone number or a form."),
    )
    undo_seconds = forms.TypedChoiceField(
        choices=undo_choices,
        coerce=int,
        empty_value=None,
        required=False,
        label=gettext_lazy("Time to undo a launch"),
        help_text=gettext_lazy("“Send now” waits for so long; until then whoever may send can take it back."),
    )


@tenant_page(Capability.VIEW)
def general(request: HttpRequest, member: Member) -> HttpResponse:
    """The settings, as a form for those who may change them."""
    tenant = Tenant.objects.get(pk=member.tenant_id)
    form = SettingsForm(initial={name: getattr(tenant, name) for name in SETTINGS})
    return _page(request, member, form)


@tenant_page(Capability.SETTINGS_EDIT)
def save(request: HttpRequest, member: Member) -> HttpResponse:
    """Stores them; a GET leads to the form."""
    if request.method != "POST":
        return redirect("console:settings", member.slug)
    form = SettingsForm(request.POST)
    if not form.is_valid():
        return _page(request, member, form, status=REFUSED)
    change_settings(tenant_id=member.tenant_id, values=form.cleaned_data, actor=actor_of(request))
    messages.success(request, _("Saved. Mail that is launched from now on carries it."))
    return redirect("console:settings", member.slug)


def _page(request: HttpRequest, member: Member, form: SettingsForm, status: int = 200) -> HttpResponse:
    may_edit = allows(member.role, Capability.SETTINGS_EDIT)
    if not may_edit:
        for field in form.fields.values():
            field.disabled = True
    context: dict[str, Any] = {"form": form, "may_edit": may_edit, "tabs": settings_tabs(member, "settings")}
    return render(request, "accounts/settings.html", context, status=status)
