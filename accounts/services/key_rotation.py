"""Rotation of signing keys: announced, signing once the world has seen it, then still announced for a while.

Every step is a row, so that it is taken once however often it is tried (docs/adr/0018-key-rotation.md).
"""

import asyncio
import logging
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import Q
from django.utils import timezone

from accounts import audit
from accounts.audit import SYSTEM, Actor
from accounts.events import announce_domain, domain_keys_changed
from accounts.exceptions import RotationTooSoon
from accounts.models import DkimKey, SendingDomain
from accounts.services.dns_records import dns_server, key_record, tenant_records, withdrawn_record
from accounts.services.domains import new_key
from accounts.tenancy import tenant_scope
from relay_saas.mail.dns import DnsTemporaryError, Resolver
from relay_saas.net.zone import ZoneRefused, publish

LOG = logging.getLogger(__name__)

#: A retired key stays in DNS: messages that it signed are retried for two days and verified for five more
#: (delivery.engine.sign).
OVERLAP: Final = timedelta(days=8)
#: An announced key signs no sooner: who has asked for its record in vain, or for the one that stood there,
#: keeps that answer for an hour at most (negative answers, resolvers that set a floor).
SEEN_BY_ALL: Final = timedelta(minutes=65)
#: Making RSA keys takes a tenth of a second each.
BEGUN_AT_ONCE: Final = 20


def announced_for() -> timedelta:
    """How long a key stands in DNS before it signs; the demo's name server is asked by nobody else."""
    return timedelta(0) if settings.RELAY_TIMINGS == "demo" else SEEN_BY_ALL


def begin_rotation(
    *, tenant_id: UUID, domain_id: int, actor: Actor, now: datetime | None = None
) -> list[DkimKey]:
    """New pairs at the selectors that do not sign now, announced in our zone; they do not sign yet.

    A rotation that is under way goes on with the keys it has. Raises RotationTooSoon, ZoneRefused.
    """
    moment = now or timezone.now()
    with tenant_scope(tenant_id):
        domain = SendingDomain.objects.select_for_update().get(pk=domain_id)
        standby = _standby(domain)
        if any(key.retired_at is not None and key.announced_at is not None for key in standby):
            raise RotationTooSoon
        for key in standby:
            if key.announced_at is None:
                _renew(domain, key, moment)
        _note(domain, actor, "rotating", {"announced": [key.selector for key in standby]})
        publish(key_record(domain, key) for key in standby)
    return standby


def replace_at_once(
    *, tenant_id: UUID, domain_id: int, actor: Actor, now: datetime | None = None
) -> list[str]:
    """The keys that sign are no secret any more: others take their place now, and they are revoked.

    What they signed and is still under way does not verify from then on. Where the tenant's CNAMEs of the
    other selectors do not stand, or our zone is loaded by hand, that waits until DNS shows the new keys.
    Raises ZoneRefused; called again it goes on where it stopped.
    """
    moment = now or timezone.now()
    with tenant_scope(tenant_id):
        domain = SendingDomain.objects.select_for_update().get(pk=domain_id)
        standby = _standby(domain)
        signing = domain.dkim_keys.filter(active=True)
        if not signing.exclude(revoked_at=None).exists():
            for key in standby:
                _renew(domain, key, moment)
            signing.update(revoked_at=moment)
            _note(domain, actor, "revoked", {"signing": list(signing.values_list("selector", flat=True))})
        publish(key_record(domain, key) for key in standby)
    return advance_rotation(tenant_id=tenant_id, domain_id=domain_id, actor=actor, now=moment)


def advance_rotation(
    *, tenant_id: UUID, domain_id: int, actor: Actor, now: datetime | None = None
) -> list[str]:
    """Lets announced keys sign that everybody has seen, and withdraws retired and revoked ones; the
    selectors changed."""
    moment = now or timezone.now()
    with tenant_scope(tenant_id):
        domain = SendingDomain.objects.get(pk=domain_id)
        pending = list(domain.dkim_keys.filter(active=False, announced_at__isnull=False, retired_at=None))
        urgent = domain.dkim_keys.filter(active=True).exclude(revoked_at=None).exists()
    if not urgent:
        seen_since = moment - announced_for()
        pending = [key for key in pending if key.announced_at is not None and key.announced_at <= seen_since]
    # No transaction is open while DNS answers.
    shown = asyncio.run(_shown(domain, pending, urgent=urgent)) if pending else set()
    with tenant_scope(tenant_id):
        domain = SendingDomain.objects.select_for_update().get(pk=domain_id)
        changed = [selector for selector in sorted(shown) if _take_over(domain, selector, moment)]
    with tenant_scope(tenant_id):
        # A revoked key signs no more once that is committed; only then its record goes.
        domain = SendingDomain.objects.select_for_update().get(pk=domain_id)
        withdrawn = _withdraw(domain, moment)
        if changed or withdrawn:
            facts = {"signing": changed, "withdrawn": withdrawn}
            _note(domain, actor, "rotated", facts)
            announce_domain(
                domain_keys_changed, tenant_id=tenant_id, domain_id=domain.pk, name=domain.name, **facts
            )
    return changed + withdrawn


def advance_all_rotations(now: datetime | None = None) -> None:
    """Takes the next step of every rotation, and begins those whose time has come (some at a call)."""
    moment = now or timezone.now()
    days = settings.RELAY_ROTATE_DAYS
    since = moment - timedelta(days=days) if days else datetime.min.replace(tzinfo=moment.tzinfo)
    with connection.cursor() as cursor:
        cursor.execute(
            "select tenant_id, domain_id, begins from rotation_steps(%s, %s, %s)",
            [since, moment - OVERLAP, BEGUN_AT_ONCE],
        )
        steps = cursor.fetchall()
    for tenant_id, domain_id, begins in steps:
        step = begin_rotation if begins else advance_rotation
        try:
            step(tenant_id=tenant_id, domain_id=domain_id, actor=SYSTEM, now=moment)
        except (SendingDomain.DoesNotExist, RotationTooSoon, ZoneRefused):
            # One domain must not keep the others from being looked at.
            LOG.warning("keys of domain %s of tenant %s stay", domain_id, tenant_id, exc_info=True)


def _standby(domain: SendingDomain) -> list[DkimKey]:
    return list(domain.dkim_keys.select_for_update().filter(active=False).order_by("selector"))


def _renew(domain: SendingDomain, key: DkimKey, moment: datetime) -> None:
    made = new_key(domain, key.selector)
    key.private_sealed, key.public_txt = made.private_sealed, made.public_txt
    key.announced_at, key.retired_at, key.revoked_at, key.signs_since = moment, None, None, None
    key.save()


def _note(domain: SendingDomain, actor: Actor, verb: str, changes: Mapping[str, object]) -> None:
    audit.record(tenant_id=domain.tenant_id, actor=actor, verb=verb, subject=domain, changes=changes)


async def _shown(domain: SendingDomain, keys: Iterable[DkimKey], *, urgent: bool) -> set[str]:
    """The selectors whose record the world sees as it is meant, by way of the tenant's CNAME.

    In a hurry, where our zone's server has taken the record, the CNAME is enough: a resolver that remembers
    the record that stood there must not keep a stolen key in use.
    """
    resolver = Resolver(dns_server())
    targets = {record.name: record.value for record in tenant_records(domain)}
    shown = set()
    for key in keys:
        name = f"{key.selector}._domainkey.{domain.name}"
        try:
            if urgent and settings.RELAY_ZONE_SERVER:
                seen = await resolver.cname(name) == targets[name]
            else:
                seen = key.public_txt in await resolver.txt(name)
        except DnsTemporaryError:
            continue
        if seen:
            shown.add(key.selector)
    return shown


def _take_over(domain: SendingDomain, selector: str, moment: datetime) -> bool:
    """The key signs, the one of its algorithm that signed so far retires; False where that has happened."""
    key = domain.dkim_keys.get(selector=selector)
    if key.active or key.announced_at is None or key.retired_at is not None:
        return False
    domain.dkim_keys.filter(algorithm=key.algorithm, active=True).update(
        active=False, retired_at=moment, announced_at=moment
    )
    key.active, key.signs_since = True, moment
    key.save(update_fields=["active", "signs_since"])
    return True


def _withdraw(domain: SendingDomain, moment: datetime) -> list[str]:
    """The selectors of revoked keys, and of retired ones whose overlap is over; their records say so from
    now on."""
    past = Q(retired_at__lt=moment - OVERLAP) | Q(revoked_at__isnull=False)
    over = list(domain.dkim_keys.filter(past, active=False, announced_at__isnull=False).order_by("selector"))
    if over:
        publish(withdrawn_record(domain, key) for key in over)
        domain.dkim_keys.filter(pk__in=[key.pk for key in over]).update(announced_at=None)
    return [key.selector for key in over]
