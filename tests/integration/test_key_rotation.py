"""Our zone and the keys in it: signed updates, a zone that is compared and mended, rotation that nobody
notices, and replacement at once."""

import asyncio
import secrets
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import dns.resolver
import dns.tsigkeyring
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from accounts.audit import SYSTEM
from accounts.models import AuditEvent, DkimKey, SendingDomain, Tenant
from accounts.selectors.signing import SIGNING_KEYS_SQL, signing_key
from accounts.services.closer_look import look_at_domain
from accounts.services.dns_records import dns_server, tenant_records
from accounts.services.domains import add_domain, verify_domain
from accounts.services.key_rotation import (
    OVERLAP,
    SEEN_BY_ALL,
    advance_all_rotations,
    advance_rotation,
    begin_rotation,
    replace_at_once,
)
from accounts.services.tenants import create_tenant
from accounts.tenancy import tenant_scope
from relay_saas.mail.dkim import sign
from relay_saas.mail.dns import Resolver
from relay_saas.mail.posture.asks import State
from relay_saas.net.zone import ZoneRecord, ZoneRefused, publish
from scripts.accounting.signatures import algorithms_that_verify
from tests.integration.zone_server import zone_server

pytestmark = pytest.mark.usefixtures("committed")
SECRET = "c2VjcmV0LW9mLXRoZS16b25lLXRoYXQtaXMtbG9uZw=="
BOTH = {"rsa-sha256", "ed25519-sha256"}
STEP = timedelta(minutes=10)


@pytest.fixture
def server(tmp_path: Path, settings: Any) -> Iterator[str]:
    """A name server that only takes updates signed with our key."""
    settings.RELAY_TIMINGS = "production"
    settings.RELAY_EGRESS = ["shared:127.30.0.1:mx1.relay.test"]
    with zone_server(tmp_path, dns.tsigkeyring.from_text({"relay-key": SECRET})) as address:
        settings.RELAY_ZONE_SERVER = settings.RELAY_DNS = address
        settings.RELAY_ZONE_KEY = f"relay-key:hmac-sha256:{SECRET}"
        yield address


@pytest.fixture
def tenant(settings: Any) -> Tenant:
    return create_tenant(slug=f"t{secrets.token_hex(6)}", name="Acme", actor=SYSTEM)


@pytest.fixture
def domain(tenant: Tenant, server: str) -> SendingDomain:
    """A domain whose records stand, all four keys' selectors among them."""
    made = add_domain(tenant_id=tenant.pk, name=f"news.{tenant.slug}.test", actor=SYSTEM)
    wanted = tenant_records(made)
    publish([ZoneRecord(name=one.name, type=one.type, value=one.value) for one in wanted], zone=made.name)
    assert verify_domain(tenant_id=tenant.pk, domain_id=made.pk, actor=SYSTEM).state == "verified"
    return made


class Cache:
    """A receiver's resolver that keeps every answer, and every "no such name", for an hour."""

    def __init__(self, server: str, now: Callable[[], datetime]) -> None:
        host, _, port = server.rpartition(":")
        self._resolver = dns.resolver.Resolver(configure=False)
        self._resolver.nameservers, self._resolver.port = [host], int(port)
        self._now = now
        self._kept: dict[bytes, tuple[datetime, bytes | None]] = {}

    def __call__(self, name: bytes, timeout: int = 5) -> bytes | None:
        until, value = self._kept.get(name, (self._now(), None))
        if until <= self._now():
            try:
                answer = self._resolver.resolve(name.decode(), "TXT", lifetime=timeout)
                value = b"".join(answer[0].strings)
            except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
                value = None
            self._kept[name] = (self._now() + timedelta(hours=1), value)
        return value


def signed(domain: SendingDomain, now: datetime) -> bytes:
    """A message signed as the engine does it at this moment."""
    with tenant_scope(domain.tenant_id), connection.cursor() as cursor:
        cursor.execute(SIGNING_KEYS_SQL, [domain.tenant_id, domain.pk])
        keys = [signing_key(domain.tenant_id, *row) for row in cursor.fetchall()]
    text = f"From: a@{domain.name}\r\nTo: b@x.test\r\nSubject: {now}\r\nDate: x\r\n\r\nhello\r\n"
    return sign(text.encode(), keys, int(timezone.now().timestamp()))


def signing(tenant: Tenant) -> list[str]:
    with tenant_scope(tenant.pk):
        return sorted(DkimKey.objects.filter(active=True).values_list("selector", flat=True))


def test_an_update_that_is_not_signed_by_the_zones_key_is_refused(server: str, settings: Any) -> None:
    record = ZoneRecord(name="x.relay.test", type="TXT", value="hello")
    publish([record])
    for key in ("", "relay-key:hmac-sha256:d3Jvbmc=", f"other:hmac-sha256:{SECRET}"):
        settings.RELAY_ZONE_KEY = key
        with pytest.raises(ZoneRefused):
            publish([record])


def test_with_caches_of_an_hour_every_message_verifies_before_during_and_after_a_rotation(
    tenant: Tenant, domain: SendingDomain, server: str
) -> None:
    start = clock = timezone.now()
    caches = [Cache(server, lambda: clock) for _ in range(3)]
    under_way: list[tuple[bytes, datetime]] = []
    seen = []
    for step in range(24):
        clock = start + step * STEP
        if step == 6:
            begin_rotation(tenant_id=tenant.pk, domain_id=domain.pk, actor=SYSTEM, now=clock)
        # Somebody looks at all selectors, so that the caches hold what stood there before.
        for number, selector in enumerate(("r1", "r2", "e1", "e2")):
            caches[(step + number) % 3](f"{selector}._domainkey.{domain.name}.".encode())
        advance_rotation(tenant_id=tenant.pk, domain_id=domain.pk, actor=SYSTEM, now=clock)
        raw = signed(domain, clock)
        seen.append(signing(tenant))
        assert [algorithms_that_verify(raw, cache) for cache in caches] == [BOTH] * 3, step
        under_way.append((raw, clock))
    assert seen[0] == ["e1", "r1"]
    assert seen[-1] == ["e2", "r2"]
    changed = seen.index(["e2", "r2"])
    assert changed * STEP - 6 * STEP >= SEEN_BY_ALL
    # Retried for two days, read for five more; then the old keys go.
    for days in (1, 3, 7):
        clock = start + timedelta(days=days)
        advance_rotation(tenant_id=tenant.pk, domain_id=domain.pk, actor=SYSTEM, now=clock)
        assert all(algorithms_that_verify(raw, caches[0]) == BOTH for raw, _ in under_way[::4]), days
    clock = under_way[changed][1] + OVERLAP + timedelta(hours=2)
    assert advance_rotation(tenant_id=tenant.pk, domain_id=domain.pk, actor=SYSTEM, now=clock) == ["e1", "r1"]
    assert algorithms_that_verify(under_way[0][0], Cache(server, lambda: clock)) == set()
    assert algorithms_that_verify(signed(domain, clock), Cache(server, lambda: clock)) == BOTH


def test_keys_change_by_themselves_after_half_a_year_and_once_only(
    tenant: Tenant, domain: SendingDomain
) -> None:
    born = timezone.now()
    for moment, keys in (
        (born + timedelta(days=100), ["e1", "r1"]),
        (born + timedelta(days=181), ["e1", "r1"]),
        (born + timedelta(days=181, minutes=30), ["e1", "r1"]),
        (born + timedelta(days=181, minutes=90), ["e2", "r2"]),
        (born + timedelta(days=191), ["e2", "r2"]),
        (born + timedelta(days=300), ["e2", "r2"]),
        (born + timedelta(days=363), ["e2", "r2"]),
        (born + timedelta(days=363, minutes=90), ["e1", "r1"]),
    ):
        advance_all_rotations(moment)
        advance_all_rotations(moment)
        assert signing(tenant) == keys, moment
    with tenant_scope(tenant.pk):
        verbs = list(AuditEvent.objects.order_by("id").values_list("verb", flat=True))
    assert verbs[-5:] == ["rotating", "rotated", "rotated", "rotating", "rotated"]


def test_a_stolen_key_is_replaced_and_revoked_at_once(
    tenant: Tenant, domain: SendingDomain, server: str
) -> None:
    now = timezone.now()
    before = signed(domain, now)
    replace_at_once(tenant_id=tenant.pk, domain_id=domain.pk, actor=SYSTEM)
    assert signing(tenant) == ["e2", "r2"]
    fresh = Cache(server, lambda: now)
    assert algorithms_that_verify(before, fresh) == set()
    assert algorithms_that_verify(signed(domain, now), fresh) == BOTH
    assert fresh(f"r1._domainkey.{domain.name}.".encode()) == b"v=DKIM1; k=rsa; p="
    # And at once again, in the days of overlap too.
    replace_at_once(tenant_id=tenant.pk, domain_id=domain.pk, actor=SYSTEM)
    assert signing(tenant) == ["e1", "r1"]
    assert algorithms_that_verify(signed(domain, now), Cache(server, lambda: now)) == BOTH


def test_without_the_other_selectors_cname_the_stolen_key_stays_until_it_stands(
    tenant: Tenant, domain: SendingDomain, server: str
) -> None:
    publish([ZoneRecord(name=f"r2._domainkey.{domain.name}", type="CNAME", value="x.test")], zone=domain.name)
    replace_at_once(tenant_id=tenant.pk, domain_id=domain.pk, actor=SYSTEM)
    assert signing(tenant) == ["e2", "r1"]
    [right] = [one for one in tenant_records(domain) if one.purpose == "dkim_r2"]
    publish([ZoneRecord(name=right.name, type=right.type, value=right.value)], zone=domain.name)
    advance_all_rotations()
    assert signing(tenant) == ["e2", "r2"]
    assert Cache(server, timezone.now)(f"r1._domainkey.{domain.name}.".encode()) == b"v=DKIM1; k=rsa; p="


def test_a_zone_that_does_not_take_updates_keeps_the_old_keys_signing(
    tenant: Tenant, domain: SendingDomain, settings: Any
) -> None:
    settings.RELAY_ZONE_SERVER = "127.0.0.1:1"
    with pytest.raises(ZoneRefused):
        replace_at_once(tenant_id=tenant.pk, domain_id=domain.pk, actor=SYSTEM)
    assert signing(tenant) == ["e1", "r1"]
    with tenant_scope(tenant.pk):
        assert not DkimKey.objects.exclude(revoked_at=None).exists()


def test_the_zone_is_compared_with_what_is_meant_and_mended(
    tenant: Tenant, domain: SendingDomain, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("zone", "repair")
    capsys.readouterr()
    call_command("zone", "check")
    assert "all as they are meant" in capsys.readouterr().out
    name = f"r1.{domain.label}.dkim.relay.test"
    publish([ZoneRecord(name=name, type="TXT", value="v=DKIM1; p=AAAA")])
    with pytest.raises(CommandError, match="1 of"):
        call_command("zone", "check")
    assert f"{name} TXT: v=DKIM1; p=AAAA, not v=DKIM1; k=rsa" in capsys.readouterr().out
    call_command("zone", "export")
    assert f'{name}. 60 IN TXT "v=DKIM1; k=rsa; p=' in capsys.readouterr().out
    # The domain's own look finds it, and publishes it again.
    [dkim] = [one for one in look_at_domain(tenant_id=tenant.pk, domain_id=domain.pk) if one.code == "dkim"]
    assert (dkim.state, dkim.reason) == (State.PROBLEM, "key_malformed")
    call_command("zone", "check")
    found = {one.code: one for one in look_at_domain(tenant_id=tenant.pk, domain_id=domain.pk)}
    right = {code for code, one in found.items() if one.state is State.OK}
    assert {"ownership", "dkim", "spf", "alignment", "return_path"} <= right


def test_sources_that_greet_with_one_name_have_a_record_each(
    tenant: Tenant, domain: SendingDomain, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    shared, name = [f"127.30.0.{number}" for number in (71, 72, 73)], f"{tenant.slug}.relay.test"
    settings.RELAY_EGRESS = [f"shared:{address}:{name}" for address in shared]
    call_command("zone", "repair")
    assert set(asyncio.run(Resolver(dns_server()).records(name, "A"))) == set(shared)
    publish([ZoneRecord(name=name, type="A", value=shared[0])])
    capsys.readouterr()
    with pytest.raises(CommandError, match="1 of"):
        call_command("zone", "check")
    assert f"{name} A: {shared[0]}, not {', '.join(shared)}" in capsys.readouterr().out
    call_command("zone", "repair")
    call_command("zone", "check")
