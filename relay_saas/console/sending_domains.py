"""The page of sending domains: what each needs in DNS, and which of them is a stream's own."""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.audit import Actor
from accounts.exceptions import AccountsError
from accounts.models import SendingDomain
from accounts.models.stream import Stream
from accounts.permissions import Capability, allows
from accounts.selectors.membership import Member
from accounts.services.dns_records import Record, tenant_records
from accounts.services.stream_domains import set_stream_domain
from accounts.views.access import tenant_page
from delivery.exceptions import NoEgress
from delivery.models import EgressPool
from delivery.services.sources import pool_id_for

#: The installation's own mail takes no domain of an organization's choosing.
_CHOOSING: Final = (Stream.TRANSACTIONAL, Stream.MARKETING)


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamRow:
    """A stream, its own domain, the pool that its mail leaves from, and the form to change it."""

    label: str
    domain: SendingDomain | None
    pool: str
    form: "StreamDomainForm"


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainRow:
    """A domain and the records that its owner sets."""

    domain: SendingDomain
    records: list[Record]


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
    context = {
        "streams": [_row(member.tenant_id, stream, domains) for stream in _CHOOSING],
        "domains": [DomainRow(domain=domain, records=tenant_records(domain)) for domain in domains],
        "may_edit": allows(member.role, Capability.DOMAINS_EDIT),
    }
    return render(request, "console/sending_domains.html", context)


@tenant_page(Capability.DOMAINS_EDIT)
@require_POST
def stream_domain(request: HttpRequest, member: Member) -> HttpResponse:
    """Gives a stream a domain of its own, or takes it away."""
    form = StreamDomainForm(request.POST, domains=_domains(member.tenant_id))
    if not form.is_valid():
        messages.error(request, _("Choose a stream and one of your domains."))
        return redirect("console:sending_domains", member.slug)
    actor = Actor(
        name=request.user.get_username(), user_id=member.user_id, address=request.META.get("REMOTE_ADDR", "")
    )
    chosen = form.cleaned_data
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
