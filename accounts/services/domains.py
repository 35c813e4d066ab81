"""Sending domains: made with their keys, verified against DNS, checked again on a schedule."""

import asyncio
import logging
import secrets
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, connection
from django.db.models import ProtectedError, Q
from django.utils import timezone

from accounts import audit
from accounts.audit import Actor
from accounts.exceptions import BadDomain, DomainInUse, DomainNotVerified, DomainOfAnotherStream, DomainTaken
from accounts.models import DkimKey, SendingDomain
from accounts.models.stream import Stream
from accounts.selectors.signing import key_aad
from accounts.services.dns_check import Finding, check_records, zone_of
from accounts.services.dns_records import (
    SELECTORS,
    dns_server,
    host_records,
    tenant_records,
    withdrawn_record,
    zone_records,
)
from accounts.services.domain_news import tell
from accounts.services.drift import Standing, judge, next_look
from accounts.tenancy import tenant_scope
from relay_saas.mail.addresses import BadAddress, parse_address
from relay_saas.mail.dkim import generate_key
from relay_saas.net.zone import ZoneRefused, publish
from relay_saas.vault import seal
from relay_saas.web.errors import NotFound

LOG = logging.getLogger(__name__)

#: 80 random bits, lower case: long enough that nobody guesses another tenant's label.
LABEL_BYTES = 10
#: Looked at in one call of the sweeper, and for how long nobody else looks at one that is taken.
DUE_AT_ONCE = 200
TAKEN_FOR = timedelta(minutes=5)
_CHECKED = [
    *("state", "checked_at", "records", "zone", "verified_at"),
    *("drifting_since", "drift_looks", "next_check_at"),
]
#: A page that is open asks every ten seconds; several such pages ask DNS no more often.
CHECK_PAUSE = timedelta(seconds=8)


def add_domain(*, tenant_id: UUID, name: str, actor: Actor) -> SendingDomain:
    """A domain with four keys (r1 and e1 sign now), published behind our CNAME targets.

    The same name again returns the domain that is there. Raises BadDomain, ZoneRefused.
    """
    ascii_name = _domain_name(name)
    with tenant_scope(tenant_id):
        known = SendingDomain.objects.filter(name=ascii_name).first()
        if known is not None:
            return known
        domain = SendingDomain.objects.create(
            tenant_id=tenant_id, name=ascii_name, label=secrets.token_hex(LABEL_BYTES)
        )
        keys = [new_key(domain, selector) for selector in SELECTORS]
        DkimKey.objects.bulk_create(keys)
        audit.record(
            tenant_id=tenant_id, actor=actor, verb="added", subject=domain, changes={"name": ascii_name}
        )
        publish([*host_records(), *zone_records(domain, keys)])
    return domain


def new_key(domain: SendingDomain, selector: str) -> DkimKey:
    """A key pair for a selector, not saved; the first of each algorithm signs from the first day."""
    algorithm = SELECTORS[selector]
    private_pem, public_txt = generate_key(algorithm)
    aad = key_aad(domain.tenant_id, domain.name, selector)
    return DkimKey(
        tenant_id=domain.tenant_id,
        domain=domain,
        selector=selector,
        algorithm=algorithm,
        private_sealed=seal(private_pem, aad),
        public_txt=public_txt,
        active=selector.endswith("1"),
    )


def _domain_name(name: str) -> str:
    try:
        domain = parse_address(f"postmaster@{name.strip().rstrip('.')}").domain
    except BadAddress as error:
        raise BadDomain from error
    # A tenant that could add our own zone would sign as us.
    if domain == settings.RELAY_ZONE or domain.endswith(f".{settings.RELAY_ZONE}"):
        raise BadDomain
    return domain


def verify_domain(*, tenant_id: UUID, domain_id: int, actor: Actor) -> SendingDomain:
    """Asks DNS for every record and sets the state; raises DomainTaken when another tenant verified the
    name first."""
    with tenant_scope(tenant_id):
        domain = SendingDomain.objects.get(pk=domain_id)
        wanted = tenant_records(domain)
    # No transaction is open while DNS answers.
    findings = asyncio.run(check_records(wanted, dns_server()))
    zone = domain.zone or asyncio.run(zone_of(domain.name, dns_server()))
    try:
        with tenant_scope(tenant_id):
            return _settle(domain_id, findings, actor, zone=zone)
    except IntegrityError as error:
        with tenant_scope(tenant_id):
            _note(SendingDomain.objects.get(pk=domain_id), findings, zone).save()
        raise DomainTaken from error


def _settle(domain_id: int, findings: list[Finding], actor: Actor, *, zone: str = "") -> SendingDomain:
    domain = SendingDomain.objects.select_for_update().get(pk=domain_id)
    signing = frozenset(domain.dkim_keys.filter(active=True).values_list("selector", flat=True))
    before, now = domain.state, timezone.now()
    standing = Standing(
        state=before,
        was_verified=domain.verified_at is not None,
        drifting_since=domain.drifting_since,
        looks=domain.drift_looks,
    )
    after, turn = judge(standing, findings, signing=signing, now=now)
    _note(domain, findings, zone).state = after.state
    domain.drifting_since, domain.drift_looks = after.drifting_since, after.looks
    if after.state == SendingDomain.State.VERIFIED and before != after.state:
        domain.verified_at = domain.checked_at
    unknown = any(finding.unknown for finding in findings)
    domain.next_check_at = next_look(domain, unknown=unknown, now=now)
    domain.save(update_fields=_CHECKED)
    if before != after.state:
        changes = {"state": [before, after.state]}
        audit.record(tenant_id=domain.tenant_id, actor=actor, verb="checked", subject=domain, changes=changes)
    tell(domain, turn, signing=signing)
    return domain


def _note(domain: SendingDomain, findings: list[Finding], zone: str) -> SendingDomain:
    domain.checked_at = timezone.now()
    domain.records = [finding.as_json() for finding in findings]
    domain.zone = zone or domain.zone
    return domain


def ask_for_check(*, tenant_id: UUID, domain_id: int) -> bool:
    """Whether a check may be started now: not again within a few seconds. Raises NotFound."""
    with tenant_scope(tenant_id):
        domains = SendingDomain.objects.filter(pk=domain_id)
        if not domains.exists():
            raise NotFound
        now = timezone.now()
        rested = Q(check_asked_at=None) | Q(check_asked_at__lt=now - CHECK_PAUSE)
        return domains.filter(rested).update(check_asked_at=now) == 1


def remove_domain(*, tenant_id: UUID, domain_id: int, actor: Actor) -> None:
    """Removes a domain that no mail was sent from, with its keys and senders; our zone takes the keys back.

    Raises NotFound, DomainInUse, ZoneRefused.
    """
    with tenant_scope(tenant_id):
        domain = SendingDomain.objects.select_for_update().filter(pk=domain_id).first()
        if domain is None:
            raise NotFound
        withdrawn = [withdrawn_record(domain, key) for key in domain.dkim_keys.all()]
        audit.record(
            tenant_id=tenant_id, actor=actor, verb="removed", subject=domain, changes={"name": domain.name}
        )
        try:
            domain.delete()
        except ProtectedError as error:
            raise DomainInUse from error
        publish(withdrawn)


def publish_hosts() -> bool:
    """Publishes our zone's own names as they are now; False (logged) where its server does not take them."""
    try:
        publish(host_records())
    except ZoneRefused:
        LOG.exception("the zone's own records could not be published")
        return False
    return True


def domains_due() -> Iterator[tuple[UUID, int]]:
    """The domains whose next look has come (at most 200 a call), each once among several callers."""
    with connection.cursor() as cursor:
        cursor.execute("select tenant_id, domain_id from domains_due(%s)", [DUE_AT_ONCE])
        pairs = cursor.fetchall()
    for tenant_id, domain_id in pairs:
        now = timezone.now()
        due = Q(next_check_at=None) | Q(next_check_at__lte=now)
        with tenant_scope(tenant_id):
            taken = SendingDomain.objects.filter(due, pk=domain_id).update(next_check_at=now + TAKEN_FOR)
        if taken:
            yield tenant_id, domain_id


def verified_domain_for(*, tenant_id: UUID, address: str, stream: Stream) -> SendingDomain:
    """The verified domain that signs for a From address; raises DomainNotVerified, DomainOfAnotherStream,
    BadAddress."""
    with tenant_scope(tenant_id):
        domain = SendingDomain.objects.filter(
            name=parse_address(address).domain, state=SendingDomain.State.VERIFIED
        ).first()
    if domain is None:
        raise DomainNotVerified
    if domain.stream not in {None, stream}:
        raise DomainOfAnotherStream
    return domain
