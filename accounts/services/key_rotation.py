"""Rotation of signing keys: announced, then signing once DNS shows it, then still announced for a while."""

import asyncio
import logging
from collections.abc import Iterable
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db import connection
from django.utils import timezone

from accounts import audit
from accounts.audit import SYSTEM, Actor
from accounts.exceptions import RotationTooSoon
from accounts.models import DkimKey, SendingDomain
from accounts.services.dns_records import dns_server, key_record, withdrawn_record
from accounts.services.domains import new_key
from accounts.tenancy import tenant_scope
from relay_saas.mail.dns import DnsTemporaryError, Resolver
from relay_saas.net.zone import publish

LOG = logging.getLogger(__name__)

#: A retired key stays in DNS: messages that it signed are retried for two days and verified for five more
#: (delivery.engine.sign).
OVERLAP: Final = timedelta(days=8)


def begin_rotation(*, tenant_id: UUID, domain_id: int, actor: Actor) -> list[DkimKey]:
    """New pairs at the selectors that do not sign now, announced in our zone; they do not sign yet.

    A rotation that is under way goes on with the keys it has. Raises RotationTooSoon, ZoneRefused.
    """
    with tenant_scope(tenant_id):
        domain = SendingDomain.objects.select_for_update().get(pk=domain_id)
        standby = list(domain.dkim_keys.select_for_update().filter(active=False).order_by("selector"))
        if any(key.retired_at is not None and key.announced_at is not None for key in standby):
            raise RotationTooSoon
        for key in standby:
            if key.announced_at is None:
                made = new_key(domain, key.selector)
                key.private_sealed, key.public_txt = made.private_sealed, made.public_txt
                key.announced_at, key.retired_at = timezone.now(), None
                key.save()
        audit.record(
            tenant_id=tenant_id,
            actor=actor,
            verb="rotating",
            subject=domain,
            changes={"announced": [key.selector for key in standby]},
        )
        publish(key_record(domain, key) for key in standby)
    return standby


def advance_rotation(*, tenant_id: UUID, domain_id: int, actor: Actor) -> list[str]:
    """Lets announced keys sign that DNS shows, and withdraws keys retired long ago; the selectors changed."""
    with tenant_scope(tenant_id):
        domain = SendingDomain.objects.get(pk=domain_id)
        pending = list(domain.dkim_keys.filter(active=False, announced_at__isnull=False, retired_at=None))
    # No transaction is open while DNS answers.
    shown = asyncio.run(_shown(domain, pending)) if pending else set()
    with tenant_scope(tenant_id):
        domain = SendingDomain.objects.select_for_update().get(pk=domain_id)
        changed = [selector for selector in sorted(shown) if _take_over(domain, selector)]
        withdrawn = _withdraw(domain)
        if changed or withdrawn:
            audit.record(
                tenant_id=tenant_id,
                actor=actor,
                verb="rotated",
                subject=domain,
                changes={"signing": changed, "withdrawn": withdrawn},
            )
    return changed + withdrawn


def advance_all_rotations() -> None:
    """`advance_rotation` for the domains that are looked at regularly (at most 500 a call)."""
    with connection.cursor() as cursor:
        cursor.execute("select tenant_id, domain_id from domains_to_check()")
        pairs = cursor.fetchall()
    for tenant_id, domain_id in pairs:
        try:
            advance_rotation(tenant_id=tenant_id, domain_id=domain_id, actor=SYSTEM)
        except SendingDomain.DoesNotExist:
            LOG.info("domain %s of tenant %s is gone", domain_id, tenant_id)


async def _shown(domain: SendingDomain, keys: Iterable[DkimKey]) -> set[str]:
    """The selectors whose record the world sees as it is meant, by way of the tenant's CNAME."""
    resolver = Resolver(dns_server())
    shown = set()
    for key in keys:
        try:
            found = await resolver.txt(f"{key.selector}._domainkey.{domain.name}")
        except DnsTemporaryError:
            continue
        if key.public_txt in found:
            shown.add(key.selector)
    return shown


def _take_over(domain: SendingDomain, selector: str) -> bool:
    """The key signs, the one of its algorithm that signed so far retires; False where that has happened."""
    key = domain.dkim_keys.get(selector=selector)
    if key.active or key.announced_at is None or key.retired_at is not None:
        return False
    domain.dkim_keys.filter(algorithm=key.algorithm, active=True).update(
        active=False, retired_at=timezone.now(), announced_at=timezone.now()
    )
    key.active = True
    key.save(update_fields=["active"])
    return True


def _withdraw(domain: SendingDomain) -> list[str]:
    """The selectors of retired keys whose overlap is over; their records say so from now on."""
    over = list(
        domain.dkim_keys.filter(announced_at__isnull=False, retired_at__lt=timezone.now() - OVERLAP).order_by(
            "selector"
        )
    )
    if over:
        publish(withdrawn_record(domain, key) for key in over)
        domain.dkim_keys.filter(pk__in=[key.pk for key in over]).update(announced_at=None)
    return [key.selector for key in over]
