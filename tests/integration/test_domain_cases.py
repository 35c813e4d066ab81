"""What the DNS of a sending domain may answer, and whether the domain may send then."""

import asyncio
import secrets
from collections.abc import Callable

import pytest
from django.db import connection
from pytest_django.fixtures import Settings

from accounts.audit import SYSTEM
from accounts.exceptions import DomainNotVerified
from accounts.models import DkimKey, SendingDomain, Tenant
from accounts.services.dns_records import tenant_records, zone_records
from accounts.services.domains import add_domain, verified_domain_for, verify_domain
from accounts.services.tenants import create_tenant
from accounts.tenancy import tenant_scope
from delivery.models.stream import Stream
from relay_saas.console.domain_checks import looks_of
from relay_saas.console.domain_records import domain_view
from relay_saas.mail.dns import Resolver
from tests.cases.loader import load
from tests.integration.dns_server import DnsServer, Zone

pytestmark = pytest.mark.usefixtures("committed")
CASES = {case["id"]: case for _, case in load("dns")}


@pytest.fixture
def tenant(settings: Settings) -> Tenant:
    """An organization; nothing is published by DNS updates."""
    settings.RELAY_ZONE_SERVER = ""
    return create_tenant(slug=f"t{secrets.token_hex(6)}", name="Acme", actor=SYSTEM)


def quoted(text: str, size: int = 255) -> str:
    """A TXT record's strings, each of at most so many octets."""
    return " ".join(f'"{text[start : start + size]}"' for start in range(0, len(text), size))


def right(domain: SendingDomain) -> Zone:
    """All that the page asks for, and what stands behind it in our own zone."""
    with tenant_scope(domain.tenant_id):
        behind = zone_records(domain, DkimKey.objects.all())
    zone: Zone = {}
    for record in (*tenant_records(domain), *behind):
        value = quoted(record.value) if record.type == "TXT" else record.value
        dot = "." if record.type == "CNAME" else ""
        zone.setdefault((record.name, record.type), []).append(value + dot)
    return zone


def signing(*texts: str) -> Callable[[SendingDomain, Zone], None]:
    """TXT records where the CNAME of the first selector should stand."""

    def change(domain: SendingDomain, zone: Zone) -> None:
        name = f"r1._domainkey.{domain.name}"
        del zone[name, "CNAME"]
        zone[name, "TXT"] = [quoted(text) for text in texts]

    return change


def split(domain: SendingDomain, zone: Zone) -> None:
    """Every text in strings of ten octets."""
    for (name, kind), values in zone.items():
        if kind == "TXT":
            zone[name, kind] = [quoted("".join(value.split('" "')).strip('"'), 10) for value in values]


def policy(*texts: str) -> Callable[[SendingDomain, Zone], None]:
    """These texts at the domain's DMARC name."""

    def change(domain: SendingDomain, zone: Zone) -> None:
        zone[f"_dmarc.{domain.name}", "TXT"] = [quoted(text) for text in texts]

    return change


SCRIPT = CASES["dns-025"]["input"]["behave"]["zone"]["TXT"]
#: What is wrong in each case, in one way or another.
RECORDS: dict[str, list[Callable[[SendingDomain, Zone], None]]] = {
    "dns-022": [signing(CASES["dns-022"]["input"]["behave"]["zone"]["TXT"])],
    "dns-023": [split],
    "dns-024": [
        signing("v=DKIM1; p=AAAA", "v=DKIM1; p=BBBB"),
        policy("v=DMARC1; p=none", "v=DMARC1; p=reject"),
    ],
    "dns-025": [signing(SCRIPT), policy(SCRIPT)],
}


def checked(
    tenant: Tenant,
    domain: SendingDomain,
    zone: Zone,
    settings: Settings,
    moods: dict[str, str] | None = None,
) -> SendingDomain:
    """The domain after a check against this zone; `moods`: what the server does at names."""

    def check() -> SendingDomain:
        try:
            return verify_domain(tenant_id=tenant.pk, domain_id=domain.pk, actor=SYSTEM)
        finally:
            connection.close()

    async def run() -> SendingDomain:
        async with DnsServer(zone) as server:
            server.moods = moods or {}
            settings.RELAY_DNS = "{}:{}".format(*server.address)
            return await asyncio.to_thread(check)

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("name", "change"),
    [(name, change) for name, changes in RECORDS.items() for change in changes],
    ids=[f"{name}-{number}" for name, changes in RECORDS.items() for number, _ in enumerate(changes)],
)
def test_each_answer_lets_the_domain_send_or_not(
    name: str, change: Callable[[SendingDomain, Zone], None], tenant: Tenant, settings: Settings
) -> None:
    domain = add_domain(tenant_id=tenant.pk, name=f"news.{tenant.slug}.test", actor=SYSTEM)
    zone = right(domain)
    change(domain, zone)
    found = checked(tenant, domain, zone, settings)
    address = f"a@{domain.name}"
    if CASES[name]["expect"] == "accept":
        assert found.state == SendingDomain.State.VERIFIED
        assert (
            verified_domain_for(tenant_id=tenant.pk, address=address, stream=Stream.MARKETING).pk == domain.pk
        )
    else:
        assert found.state == SendingDomain.State.PENDING
        assert [record["ok"] for record in found.records].count(False) == 1
        with pytest.raises(DomainNotVerified):
            verified_domain_for(tenant_id=tenant.pk, address=address, stream=Stream.MARKETING)


#: What the server of the domain's zone does, and whether anything is learned of it.
MOODS = {
    "dns-006": ("SERVFAIL", False),
    "dns-007": ("REFUSED", False),
    "dns-008": ("TIMEOUT", False),
    "dns-019": ("TRUNCATED", True),
}


@pytest.mark.parametrize("name", MOODS)
def test_a_server_that_fails_changes_nothing_and_one_that_cuts_off_is_asked_again(
    name: str, tenant: Tenant, settings: Settings
) -> None:
    mood, learned = MOODS[name]
    assert CASES[name]["input"]["behave"]["zone"] in (mood, {"TC": True})
    domain = add_domain(tenant_id=tenant.pk, name=f"news.{tenant.slug}.test", actor=SYSTEM)
    zone = right(domain)
    assert checked(tenant, domain, zone, settings).state == SendingDomain.State.VERIFIED
    moods = dict.fromkeys((f"r1._domainkey.{domain.name}", f"_dmarc.{domain.name}"), mood)
    found = checked(tenant, domain, zone, settings, moods)
    assert (found.state, found.drifting_since) == (SendingDomain.State.VERIFIED, None)
    unknown = {record["purpose"] for record in found.records if record["unknown"]}
    assert unknown == (set() if learned else {"dkim_r1", "dmarc"})


def test_an_answer_that_changes_between_two_looks_is_warned_of_and_mended(
    tenant: Tenant, settings: Settings
) -> None:
    assert CASES["dns-021"]["input"]["behave"]["zone"] == {"flip": True}
    domain = add_domain(tenant_id=tenant.pk, name=f"news.{tenant.slug}.test", actor=SYSTEM)
    zone = right(domain)
    other = zone | {(f"t.{domain.name}", "CNAME"): ["elsewhere.test."]}
    drifts = [
        checked(tenant, domain, one, settings).drifting_since is not None
        for one in (zone, other, zone, other)
    ]
    assert drifts == [False, True, False, True]


def test_while_the_resolver_is_down_pages_ask_nobody(tenant: Tenant, settings: Settings) -> None:
    assert CASES["dns-026"]["input"]["behave"]["zone"] == "DOWN"
    settings.RELAY_DNS = "127.0.0.1:1"
    domain = add_domain(tenant_id=tenant.pk, name=f"news.{tenant.slug}.test", actor=SYSTEM)
    with tenant_scope(tenant.pk):
        assert looks_of(domain).groups is not None
        assert domain_view(domain).right == 0
    found = verify_domain(tenant_id=tenant.pk, domain_id=domain.pk, actor=SYSTEM)
    assert found.state == SendingDomain.State.PENDING
    assert all(record["unknown"] for record in found.records)


def test_a_key_in_many_strings_is_read_as_one(tenant: Tenant, settings: Settings) -> None:
    domain = add_domain(tenant_id=tenant.pk, name=f"news.{tenant.slug}.test", actor=SYSTEM)
    zone = right(domain)
    split(domain, zone)

    async def key() -> tuple[str, ...]:
        async with DnsServer(zone) as server:
            return await Resolver(server.address).txt(f"r1._domainkey.{domain.name}")

    with tenant_scope(tenant.pk):
        assert asyncio.run(key()) == (DkimKey.objects.get(selector="r1").public_txt,)
