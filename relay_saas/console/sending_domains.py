"""The page of sending domains: how each stands, another one, and which of them is a stream's own."""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from accounts.exceptions import AccountsError
from accounts.models import SendingDomain
from accounts.models.stream import Stream
from accounts.permissions import Capability, allows
from accounts.selectors.membership import Member
from accounts.services.domains import add_domain
from accounts.services.stream_domains import set_stream_domain
from accounts.views.access import tenant_page
from accounts.views.actors import actor_of
from delivery.exceptions import NoEgress
from delivery.models import EgressPool
from delivery.services.sources import pool_id_for
from relay_saas.console.domain_records import DomainView, domain_view
from relay_saas.net.zone import ZoneRefused

#: The installation's own mail takes no domain of an organization's choosing.
_CHOOSING: Final = (Stream.TRANSACTIONAL, Stream.MARKETING)


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamRow:
    """A stream, its own domain, the pool that its mail leaves from, and the form to change it."""

    label: str
    domain: SendingDomain | None
    pool: str
    form: "StreamDomainForm"


class NewDomainForm(forms.Form):
    """The name of another domain."""

    name = forms.CharField(
        label=gettext_lazy("Domain"),
        max_length=253,
        help_text=gettext_lazy(
            "A subdomain that is for mail alone, such as news.example.com: your web site and your "
            "colleagues’ mail stay as they are."
        ),
        widget=forms.TextInput(
            attrs={"spellcheck": "false", "autocomplete": "off", "autocapitalize": "none", "inputmode": "url"}
        ),
    )


class StreamDomainForm(forms.Form):
    """Which domain is the stream's own; an empty choice is none."""

    stream = forms.TypedChoiceField(
        choices=[(stream.value, stream.label) for stream in _CHOOSING],
        coerce=lambda value: Stream(int(value)),
        widget=forms.HiddenInput,
    )
    domain = forms.TypedChoiceField(required=False, coerce=int, empty_value=None)

    def __init__(self, data: Any = None, *, domains: list[SendingDomain], **values: Any) -> None:
        super().__init__(data, **values)
        choices = [(str(domain.pk), domain.name) for domain in domains]
        field = self.fields["domain"]
        field.label = _("Own domain")
        field.choices = [("", _("Any verified domain that is no other stream’s")), *choices]  # type: ignore[attr-defined]  # a choice field


@tenant_page(Capability.VIEW)
def sending_domains(request: HttpRequest, member: Member) -> HttpResponse:
    """All domains of the organization, and the streams."""
    domains = _domains(member.tenant_id)
    views: list[DomainView] = [domain_view(domain) for domain in domains]
    context = {
        "streams": [_row(member.tenant_id, stream, domains) for stream in _CHOOSING],
        "domains": views,
        "form": NewDomainForm(),
        "may_edit": allows(member.role, Capability.DOMAINS_EDIT),
    }
    return render(request, "console/sending_domains.html", context)


@tenant_page(Capability.DOMAINS_EDIT)
@require_http_methods(["GET", "POST"])
def domain_new(request: HttpRequest, member: Member) -> HttpResponse:
    """Adds a domain, or leads to the one of that name; its page says which records it needs."""
    form = NewDomainForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            domain = add_domain(
                tenant_id=member.tenant_id, name=form.cleaned_data["name"], actor=actor_of(request, member)
            )
        except (AccountsError, ZoneRefused) as error:
            form.add_error("name", f"{error} ({error.code})")
        else:
            return redirect("console:sending_domain", member.slug, domain.pk)
    return render(request, "console/domain_new.html", {"form": form}, status=422 if form.is_bound else 200)


@tenant_page(Capability.DOMAINS_EDIT)
@require_POST
def stream_domain(request: HttpRequest, member: Member) -> HttpResponse:
    """Gives a stream a domain of its own, or takes it away."""
    form = StreamDomainForm(request.POST, domains=_domains(member.tenant_id))
    if not form.is_valid():
        messages.error(request, _("Choose a stream and one of your domains."))
        return redirect("console:sending_domains", member.slug)
    actor, chosen = actor_of(request, member), form.cleaned_data
    try:
        set_stream_domain(
            tenant_id=member.tenant_id, stream=chosen["stream"], domain_id=chosen["domain"], actor=actor
        )
    except AccountsError as error:
        messages.error(request, f"{error} ({error.code})")
    else:
        messages.success(request, _("Saved. It holds from the next launch and the next API call on."))
    return redirect("console:sending_domains", member.slug)


def _domains(tenant_id: UUID) -> list[SendingDomain]:
    return list(SendingDomain.objects.filter(tenant_id=tenant_id).order_by("name"))


def _row(tenant_id: UUID, stream: Stream, domains: list[SendingDomain]) -> StreamRow:
    own = next((domain for domain in domains if domain.stream == stream), None)
    free = [domain for domain in domains if domain.stream in {None, stream}]
    initial = {"stream": stream.value, "domain": own.pk if own is not None else ""}
    form = StreamDomainForm(domains=free, initial=initial, auto_id=f"{stream.name.lower()}_%s")
    return StreamRow(label=str(stream.label), domain=own, pool=_pool(tenant_id, stream), form=form)


def _pool(tenant_id: UUID, stream: Stream) -> str:
    try:
        return EgressPool.objects.get(pk=pool_id_for(tenant_id=tenant_id, stream=stream)).name
    except NoEgress:
        return ""
