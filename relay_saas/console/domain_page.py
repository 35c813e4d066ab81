"""The page of one sending domain: its records with check marks that renew themselves, and its zone file."""

from functools import partial
from typing import Final

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.exceptions import AccountsError
from accounts.models import Sender, SendingDomain
from accounts.permissions import Capability, allows
from accounts.selectors.domains import find_domain
from accounts.selectors.membership import Member
from accounts.services.dns_records import tenant_records
from accounts.services.dns_share import revoke_share, share_token
from accounts.services.domains import ask_for_check, remove_domain
from accounts.tasks import check_domain
from accounts.views.access import tenant_page
from accounts.views.actors import actor_of
from relay_saas.console.domain_checks import looks_of
from relay_saas.console.domain_records import domain_view
from relay_saas.net.zone import ZoneRecord, ZoneRefused, zone_file

#: A page that was left open asks for a quarter of an hour, every ten seconds.
MOST_TICKS: Final = 90


@tenant_page(Capability.VIEW)
@require_GET
def domain(request: HttpRequest, member: Member, domain_id: int) -> HttpResponse:
    """All about one domain."""
    found = find_domain(tenant_id=member.tenant_id, domain_id=domain_id)
    context = _live(member, found, 0) | {
        "share_url": f"{settings.RELAY_BASE_URL}{reverse('dns_share', args=[share_token(found)])}",
        "senders": Sender.objects.filter(domain=found).count(),
    }
    return render(request, "console/sending_domain.html", context)


@tenant_page(Capability.DOMAINS_EDIT)
@require_POST
def domain_check(request: HttpRequest, member: Member, domain_id: int) -> HttpResponse:
    """Starts a check; answers a page that renews itself with its records as they are known now."""
    if ask_for_check(tenant_id=member.tenant_id, domain_id=domain_id):
        start = partial(check_domain.delay, str(member.tenant_id), domain_id)
        transaction.on_commit(start, robust=True)
    if request.headers.get("HX-Request") == "true":
        tick = request.GET.get("tick", "")
        number = int(tick) if tick.isdecimal() and len(tick) < 4 else MOST_TICKS
        found = find_domain(tenant_id=member.tenant_id, domain_id=domain_id)
        return render(request, "console/sending_domain_live.html", _live(member, found, number))
    messages.info(request, _("DNS is being asked. The answers appear here in a moment."))
    return redirect("console:sending_domain", member.slug, domain_id)


@tenant_page(Capability.DOMAINS_EDIT)
@require_POST
def domain_remove(request: HttpRequest, member: Member, domain_id: int) -> HttpResponse:
    """Removes a domain that nothing was sent from."""
    try:
        remove_domain(tenant_id=member.tenant_id, domain_id=domain_id, actor=actor_of(request, member))
    except (AccountsError, ZoneRefused) as error:
        messages.error(request, f"{error} ({error.code})")
        return redirect("console:sending_domain", member.slug, domain_id)
    messages.success(request, _("The domain is removed. Its records at your DNS host may go, too."))
    return redirect("console:sending_domains", member.slug)


@tenant_page(Capability.DOMAINS_EDIT)
@require_POST
def domain_share_revoke(request: HttpRequest, member: Member, domain_id: int) -> HttpResponse:
    """Ends the links to the records that were sent out."""
    revoke_share(tenant_id=member.tenant_id, domain_id=domain_id, actor=actor_of(request, member))
    messages.success(request, _("Links that were sent out lead nowhere now. Below stands a new one."))
    return redirect("console:sending_domain", member.slug, domain_id)


@tenant_page(Capability.VIEW)
@require_GET
def domain_zone(request: HttpRequest, member: Member, domain_id: int) -> HttpResponse:  # noqa: ARG001
    """The records as a zone file."""
    return zone_answer(find_domain(tenant_id=member.tenant_id, domain_id=domain_id))


def zone_answer(found: SendingDomain) -> HttpResponse:
    """The records of a domain as a file to load (RFC 1035 §5)."""
    wanted = tenant_records(found)
    records = [ZoneRecord(name=record.name, type=record.type, value=record.value) for record in wanted]
    response = HttpResponse(zone_file(records), content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{found.name}.zone"'
    return response


def _live(member: Member, found: SendingDomain, tick: int) -> dict[str, object]:
    view = domain_view(found)
    may_edit = allows(member.role, Capability.DOMAINS_EDIT)
    return {
        "member": member,
        "view": view,
        "looks": looks_of(found),
        "domain": found,
        "may_edit": may_edit,
        "polling": may_edit and not view.all_right and tick < MOST_TICKS,
        "gave_up": may_edit and not view.all_right and tick >= MOST_TICKS,
        "tick": tick + 1,
        "first": tick == 0,
    }
