"""Sending domains: made with keys, known by their records, owned by one tenant."""

import asyncio

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django.fixtures import Settings

from accounts.audit import SYSTEM
from accounts.exceptions import BadDomain, DomainNotVerified, DomainTaken
from accounts.models import AuditEvent, DkimKey, SendingDomain, Tenant
from accounts.models.stream import Stream
from accounts.selectors.signing import SIGNING_KEYS_SQL, signing_key
from accounts.services import domains
from accounts.services.dns_check import Finding
from accounts.services.dns_records import Record, egress_sources, spf, tenant_records, zone_records
from accounts.services.domains import add_domain, verified_domain_for
from accounts.tasks import look_at
from accounts.tenancy import system_scope, tenant_scope
from relay_saas.mail.dkim import sign

MAIL = (
    b"From: a@news.acme.test\r\nTo: b@x.test\r\nSubject: hi\r\n"
    b"Date: Tue, 24 Nov 2026 02:31:19 +0000\r\n\r\nhello\r\n"
)


def settle(tenant: Tenant, domain: SendingDomain, **answers: object) -> SendingDomain:
    """What `verify_domain` does once DNS has answered; `answers` changes what it said of the first."""
    findings = [Finding(record=record, found=(record.value,), ok=True) for record in tenant_records(domain)]
    findings[0] = Finding(record=findings[0].record, found=(), ok=True, **answers) if answers else findings[0]
    with tenant_scope(tenant.pk):
        return domains._settle(domain.pk, findings, SYSTEM)


async def no_zone(_name: str, _server: object) -> str:
    """A DNS that does not say where a zone begins."""
    await asyncio.sleep(0)
    return ""


def test_a_domain_gets_two_selectors_per_algorithm_and_signs_with_the_first(tenant: Tenant) -> None:
    domain = add_domain(tenant_id=tenant.pk, name="News.Acme.test.", actor=SYSTEM)
    assert domain.name == "news.acme.test"
    with tenant_scope(tenant.pk):
        keys = list(DkimKey.objects.order_by("selector").values_list("selector", "algorithm", "active"))
    assert keys == [
        ("e1", "ed25519-sha256", True),
        ("e2", "ed25519-sha256", False),
        ("r1", "rsa-sha256", True),
        ("r2", "rsa-sha256", False),
    ]


def test_the_same_name_again_is_the_same_domain(tenant: Tenant) -> None:
    first = add_domain(tenant_id=tenant.pk, name="news.acme.test", actor=SYSTEM)
    assert add_domain(tenant_id=tenant.pk, name="news.acme.test", actor=SYSTEM).pk == first.pk


@pytest.mark.parametrize(
    "name",
    [
        "",
        "localhost",
        "127.0.0.1",
        "a b.test",
        "-x.test",
        "relay.test",
        "x.relay.test",
        "a\x00.test",
        "x" * 260 + ".test",
    ],
)
def test_names_that_cannot_send_are_refused(tenant: Tenant, name: str) -> None:
    with pytest.raises(BadDomain):
        add_domain(tenant_id=tenant.pk, name=name, actor=SYSTEM)


def test_every_record_is_a_cname_into_our_zone_but_dmarc(tenant: Tenant) -> None:
    domain = add_domain(tenant_id=tenant.pk, name="news.acme.test", actor=SYSTEM)
    wanted = {record.purpose: record for record in tenant_records(domain)}
    assert {record.type for purpose, record in wanted.items() if purpose != "dmarc"} == {"CNAME"}
    assert wanted["return_path"].value == f"{domain.label}.rp.relay.test"
    assert wanted["dkim_r1"].name == "r1._domainkey.news.acme.test"
    assert len(domain.label) == 20


def test_our_zone_publishes_active_keys_spf_and_the_edge(tenant: Tenant) -> None:
    domain = add_domain(tenant_id=tenant.pk, name="news.acme.test", actor=SYSTEM)
    with tenant_scope(tenant.pk):
        records = zone_records(domain, DkimKey.objects.all())
    names = {record.name.split(".")[0]: record for record in records if record.type == "TXT"}
    assert {"r1", "e1"} <= set(names)
    assert {"r2", "e2"}.isdisjoint(names)
    assert names[domain.label].value == "v=spf1 redirect=_spf.relay.test"


def test_spf_names_both_families() -> None:
    assert spf(["192.0.2.1", "2001:db8::1"]) == "v=spf1 ip4:192.0.2.1 ip6:2001:db8::1 -all"


def test_an_ipv6_source_keeps_its_colons(settings: Settings) -> None:
    settings.RELAY_EGRESS = ["shared:2001:db8::1:mx1.relay.test", "shared:192.0.2.1:mx2.relay.test"]
    assert egress_sources() == [
        ("shared", "2001:db8::1", "mx1.relay.test"),
        ("shared", "192.0.2.1", "mx2.relay.test"),
    ]


def test_stored_keys_are_sealed_and_sign_when_opened(tenant: Tenant) -> None:
    domain = add_domain(tenant_id=tenant.pk, name="news.acme.test", actor=SYSTEM)
    with tenant_scope(tenant.pk), connection.cursor() as cursor:
        cursor.execute(SIGNING_KEYS_SQL, [tenant.pk, domain.pk])
        rows = cursor.fetchall()
    assert [row[2] for row in rows] == ["rsa-sha256", "ed25519-sha256"]
    assert all(b"PRIVATE" not in bytes(row[3]) for row in rows)
    signed = sign(MAIL, [signing_key(tenant.pk, *row) for row in rows], 1_764_000_000)
    assert signed.count(b"DKIM-Signature:") == 2


def test_a_domain_with_all_its_records_is_verified_and_may_send(tenant: Tenant) -> None:
    domain = add_domain(tenant_id=tenant.pk, name="news.acme.test", actor=SYSTEM)
    with pytest.raises(DomainNotVerified):
        verified_domain_for(tenant_id=tenant.pk, address="a@news.acme.test", stream=Stream.MARKETING)
    assert settle(tenant, domain).state == SendingDomain.State.VERIFIED
    assert (
        verified_domain_for(tenant_id=tenant.pk, address="A@NEWS.acme.test", stream=Stream.MARKETING).pk
        == domain.pk
    )
    with tenant_scope(tenant.pk):
        assert AuditEvent.objects.latest("id").changes == {"state": ["pending", "verified"]}


def test_when_dns_does_not_answer_nothing_is_concluded(tenant: Tenant) -> None:
    domain = add_domain(tenant_id=tenant.pk, name="news.acme.test", actor=SYSTEM)
    settle(tenant, domain)
    assert settle(tenant, domain, unknown=True).state == SendingDomain.State.VERIFIED


def test_a_name_is_verified_by_one_tenant_only(
    tenant: Tenant, other_tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = add_domain(tenant_id=tenant.pk, name="news.acme.test", actor=SYSTEM)
    theirs = add_domain(tenant_id=other_tenant.pk, name="news.acme.test", actor=SYSTEM)
    assert mine.label != theirs.label
    settle(tenant, mine)

    async def all_found(records: list[Record], _server: object) -> list[Finding]:
        await asyncio.sleep(0)
        return [Finding(record=record, found=(record.value,), ok=True) for record in records]

    monkeypatch.setattr(domains, "check_records", all_found)
    monkeypatch.setattr(domains, "zone_of", no_zone)
    with pytest.raises(DomainTaken):
        domains.verify_domain(tenant_id=other_tenant.pk, domain_id=theirs.pk, actor=SYSTEM)
    # Their page still says what DNS answered.
    with tenant_scope(other_tenant.pk):
        seen = SendingDomain.objects.get(pk=theirs.pk)
    assert (seen.state, len(seen.records)) == (SendingDomain.State.PENDING, 7)
    assert seen.checked_at is not None


def test_one_domain_that_cannot_be_verified_does_not_keep_the_others_from_being_looked_at(
    tenant: Tenant, other_tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = add_domain(tenant_id=other_tenant.pk, name="news.acme.test", actor=SYSTEM)
    settle(tenant, add_domain(tenant_id=tenant.pk, name="news.acme.test", actor=SYSTEM))
    later = add_domain(tenant_id=tenant.pk, name="mail.acme.test", actor=SYSTEM)

    async def all_found(records: list[Record], _server: object) -> list[Finding]:
        await asyncio.sleep(0)
        return [Finding(record=record, found=(record.value,), ok=True) for record in records]

    monkeypatch.setattr(domains, "check_records", all_found)
    monkeypatch.setattr(domains, "zone_of", no_zone)
    for tenant_id, domain_id in domains.domains_due():
        look_at(tenant_id, domain_id)
    with tenant_scope(tenant.pk):
        assert SendingDomain.objects.get(pk=later.pk).state == SendingDomain.State.VERIFIED
    with tenant_scope(other_tenant.pk):
        assert SendingDomain.objects.get(pk=taken.pk).state == SendingDomain.State.PENDING


def test_the_domain_of_our_own_mail_is_made_by_a_command(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def one_is_missing(records: list[Record], _server: object) -> list[Finding]:
        await asyncio.sleep(0)
        return [Finding(record=record, found=(), ok=record.type != "TXT") for record in records]

    monkeypatch.setattr(domains, "check_records", one_is_missing)
    call_command("system_domain", "post.relay-operator.test")
    told = capsys.readouterr().out
    assert "missing TXT   _dmarc.post.relay-operator.test" in told
    assert told.endswith("post.relay-operator.test: pending\n")
    with system_scope():
        assert SendingDomain.objects.get().name == "post.relay-operator.test"
    with pytest.raises(CommandError, match="bad_domain"):
        call_command("system_domain", "relay.test")
