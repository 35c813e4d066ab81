"""Changing a domain's signing keys: in peace, or at once."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.exceptions import AccountsError
from accounts.permissions import Capability
from accounts.selectors.domains import find_domain
from accounts.selectors.membership import Member
from accounts.services.key_rotation import begin_rotation, replace_at_once
from accounts.views.access import tenant_page
from accounts.views.actors import actor_of
from relay_saas.net.zone import ZoneRefused


@tenant_page(Capability.DOMAINS_EDIT)
@require_POST
def keys_change(request: HttpRequest, member: Member, domain_id: int) -> HttpResponse:
    """New keys are announced; they sign by themselves once everybody has seen them."""
    find_domain(tenant_id=member.tenant_id, domain_id=domain_id)
    actor = actor_of(request, member)
    try:
        begin_rotation(tenant_id=member.tenant_id, domain_id=domain_id, actor=actor)
    except (AccountsError, ZoneRefused) as error:
        messages.error(request, f"{error} ({error.code})")
    else:
        messages.success(request, _("New keys are announced. They sign by themselves in about an hour."))
    return redirect("console:sending_domain", member.slug, domain_id)


@tenant_page(Capability.DOMAINS_EDIT)
@require_POST
def keys_replace(request: HttpRequest, member: Member, domain_id: int) -> HttpResponse:
    """The keys are known to others: new ones sign now."""
    find_domain(tenant_id=member.tenant_id, domain_id=domain_id)
    actor = actor_of(request, member)
    try:
        changed = replace_at_once(tenant_id=member.tenant_id, domain_id=domain_id, actor=actor)
    except (AccountsError, ZoneRefused) as error:
        messages.error(request, f"{error} ({error.code})")
    else:
        if changed:
            messages.success(request, _("New keys sign now, and the old ones are revoked."))
        else:
            messages.warning(
                request,
                _("The new keys are announced. They sign as soon as DNS shows them; the old ones go then."),
            )
    return redirect("console:sending_domain", member.slug, domain_id)
