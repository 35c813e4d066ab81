"""A refused message is sent again as the same message, whatever has changed; keys rotate in peace."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.audit import SYSTEM
from accounts.exceptions import RotationTooSoon
from accounts.models import DkimKey, SendingDomain, Tenant
from accounts.services.dns_records import tenant_records
from accounts.services.domains import add_domain, publish_hosts, verify_domain
from accounts.services.key_rotation import OVERLAP, advance_all_rotations, advance_rotation, begin_rotation
from accounts.tenancy import tenant_scope
from campaigns.models import Campaign, Contact, Content
from delivery.engine.config import EngineConfig
from delivery.engine.run import Run
from delivery.models import Attempt, AttemptState, Message, QueueEntry
from relay_saas.mail.dns import Resolver
from relay_saas.net.zone import ZoneRecord, publish
from scripts.accounting.signatures import Lookup, algorithms_that_verify, lookup_at
from scripts.accounting.witness import copies
from tests.integration.engine.world import World
from tests.integration.scripted_server import ScriptedServer, Turn

BOTH = {"rsa-sha256", "ed25519-sha256"}


@pytest.fixture
def dns(world: World, settings: Any, config: EngineConfig) -> str:
    """The world's name server, which takes our updates."""
    settings.RELAY_ZONE_SERVER = f"127.0.0.1:{world.dns_port}"
    return settings.RELAY_ZONE_SERVER


@pytest.fixture
def domain(tenant: Tenant, dns: str) -> SendingDomain:
    """A domain that was added and verified as people do it, so that all its records stand in DNS."""
    made = add_domain(tenant_id=tenant.pk, name=f"news.{tenant.slug}.test", actor=SYSTEM)
    wanted = tenant_records(made)
    publish([ZoneRecord(name=one.name, type=one.type, value=one.value) for one in wanted], zone=made.name)
    verified = verify_domain(tenant_id=tenant.pk, domain_id=made.pk, actor=SYSTEM)
    assert verified.state == SendingDomain.State.VERIFIED
    return verified


def selectors(tenant: Tenant) -> list[str]:
    """The keys that sign."""
    with tenant_scope(tenant.pk):
        return sorted(DkimKey.objects.filter(active=True).values_list("selector", flat=True))


def signed_by(raw: bytes) -> list[str]:
    return re.findall(r"s=([a-z0-9]+);", raw.partition(b"\r\n\r\n")[0].decode())


def verifies(raw: bytes, dns: str) -> bool:
    # a new resolver each time: nothing is remembered of a record that has changed
    find: Lookup = lookup_at(dns)
    return algorithms_that_verify(raw, find) == BOTH


def zone_of(name: str) -> dict[tuple[str, str], list[str]]:
    return {(name, "MX"): [f"10 mx1.{name}."], (f"mx1.{name}", "A"): ["127.0.0.1"]}


def unstuffed(server: ScriptedServer) -> tuple[str, bytes, EmailMessage]:
    [(token, body)] = server.messages[-1:]
    raw = body.removesuffix(b".\r\n").replace(b"\r\n..", b"\r\n.")
    return token, raw, message_from_bytes(raw, policy=policy.default)


def test_after_a_refused_dot_the_same_message_goes_out_again(
    name: str,
    tenant: Tenant,
    domain: SendingDomain,
    dns: str,
    launch: Callable[..., int],
    send: Callable[..., ScriptedServer],
) -> None:
    campaign_id = launch([f"ann@{name}"])

    def later(turn: Turn) -> bytes | None:
        return b"451 4.3.0 try again\r\n" if turn.verb == "DOT" else None

    token, raw, first = unstuffed(send(zone_of(name), later))
    assert verifies(raw, dns)
    assert sorted(signed_by(raw)) == ["e1", "r1"]
    with tenant_scope(tenant.pk):
        message = Message.objects.get()
        told = Content.objects.get(pk=message.content_id)
        Contact.objects.update(attrs={"first_name": "Somebody else"}, email=f"other@{name}")
        Campaign.objects.filter(pk=campaign_id).update(
            subject="Another subject", html_source="<p>Another</p>"
        )
        Content.objects.create(
            tenant_id=tenant.pk, from_address=told.from_address, subject="A newer one", html="<p>New</p>",
            sending_domain=domain,
        )  # fmt: skip
        QueueEntry.objects.update(next_attempt_at=timezone.now() - timedelta(seconds=1))
    begin_rotation(tenant_id=tenant.pk, domain_id=domain.pk, actor=SYSTEM)
    assert advance_rotation(tenant_id=tenant.pk, domain_id=domain.pk, actor=SYSTEM) == ["e2", "r2"]
    token_again, raw_again, second = unstuffed(send(zone_of(name)))
    assert token_again == token
    for field in ("Message-ID", "Date", "To", "From", "Subject", "List-Unsubscribe", "X-Relay-Trace"):
        assert second[field] == first[field], field
    assert second["Subject"] == "News for Ann"
    assert raw_again.partition(b"\r\n\r\n")[2] == raw.partition(b"\r\n\r\n")[2]
    assert sorted(signed_by(raw_again)) == ["e2", "r2"]
    assert verifies(raw_again, dns)
    # whoever kept the refused copy can still verify it
    assert verifies(raw, dns)
    with tenant_scope(tenant.pk):
        message.refresh_from_db()
        assert message.content_id == told.pk
        states = [attempt.state for attempt in Attempt.objects.order_by("number")]
    # a slow machine may fit one more refused attempt into the first run
    assert set(states[:-1]) == {AttemptState.DEFERRED}
    assert states[-1] == AttemptState.DELIVERED


def test_an_address_that_is_added_later_is_in_the_return_paths_spf_at_once(
    tenant: Tenant, domain: SendingDomain, dns: str, settings: Any
) -> None:
    def shown() -> list[str]:
        resolver = Resolver(("127.0.0.1", int(dns.rpartition(":")[2])))
        [leads_to] = asyncio.run(resolver.txt(f"rp.{domain.name}"))
        [record] = asyncio.run(resolver.txt(leads_to.removeprefix("v=spf1 redirect=")))
        return record.split()

    before = shown()
    assert "ip4:127.30.9.9" not in before
    words = ("--pool", f"own-{tenant.slug}", "--host", "elsewhere", "--helo", "mx99.relay.test")
    try:
        call_command("egress", "set", "127.30.9.9", *words)
        assert shown() == [*before[:-1], "ip4:127.30.9.9", "-all"]
    finally:
        # The product never forgets an address; the tests that follow are to.
        with psycopg.connect(settings.DATABASE_OWNER_URL) as owner:
            owner.execute("delete from delivery_egresssource where address = '127.30.9.9'")


@pytest.mark.django_db
def test_without_the_zones_server_an_address_is_taken_all_the_same(settings: Any, caplog: Any) -> None:
    settings.RELAY_ZONE_SERVER = "127.0.0.1:1"
    assert not publish_hosts()
    assert "could not be published" in caplog.text


def test_a_new_key_signs_only_once_dns_shows_it(tenant: Tenant, domain: SendingDomain, settings: Any) -> None:
    server, settings.RELAY_ZONE_SERVER = settings.RELAY_ZONE_SERVER, ""
    begin_rotation(tenant_id=tenant.pk, domain_id=domain.pk, actor=SYSTEM)
    assert advance_rotation(tenant_id=tenant.pk, domain_id=domain.pk, actor=SYSTEM) == []
    assert selectors(tenant) == ["e1", "r1"]
    settings.RELAY_ZONE_SERVER = server
    begin_rotation(tenant_id=tenant.pk, domain_id=domain.pk, actor=SYSTEM)
    advance_all_rotations()
    assert selectors(tenant) == ["e2", "r2"]


def test_retired_keys_stay_announced_until_nobody_needs_them(
    tenant: Tenant, domain: SendingDomain, dns: str
) -> None:
    begin_rotation(tenant_id=tenant.pk, domain_id=domain.pk, actor=SYSTEM)
    advance_rotation(tenant_id=tenant.pk, domain_id=domain.pk, actor=SYSTEM)
    with pytest.raises(RotationTooSoon):
        begin_rotation(tenant_id=tenant.pk, domain_id=domain.pk, actor=SYSTEM)
    old = f"r1._domainkey.{domain.name}.".encode()
    before = lookup_at(dns)(old)
    assert before is not None
    assert len(before) > 300
    with tenant_scope(tenant.pk):
        DkimKey.objects.filter(active=False).update(
            retired_at=timezone.now() - OVERLAP - timedelta(minutes=1)
        )
    assert advance_rotation(tenant_id=tenant.pk, domain_id=domain.pk, actor=SYSTEM) == ["e1", "r1"]
    assert lookup_at(dns)(old) == b"v=DKIM1; k=rsa; p="
    # and the selector may be used again, with another key
    begin_rotation(tenant_id=tenant.pk, domain_id=domain.pk, actor=SYSTEM)
    after = lookup_at(dns)(old)
    assert after not in (before, None)
    assert advance_rotation(tenant_id=tenant.pk, domain_id=domain.pk, actor=SYSTEM) == ["e1", "r1"]


def test_an_operator_rotates_keys_by_command(tenant: Tenant, domain: SendingDomain, capsys: Any) -> None:
    names = ["rotate_keys", "--tenant", tenant.slug, "--domain", domain.name]
    call_command(*names)
    call_command(*names, "--advance")
    assert capsys.readouterr().out.split("\n")[:2] == ["e2, r2", "e2, r2"]
    assert selectors(tenant) == ["e2", "r2"]
    with pytest.raises(CommandError):
        call_command(*names)
    with pytest.raises(CommandError):
        call_command("rotate_keys", "--tenant", tenant.slug, "--domain", "nobody.test")


def test_a_domain_can_do_without_the_second_signature(
    name: str,
    tenant: Tenant,
    domain: SendingDomain,
    launch: Callable[..., int],
    send: Callable[..., ScriptedServer],
) -> None:
    with tenant_scope(tenant.pk):
        SendingDomain.objects.update(signs_ed25519=False)
    launch([f"ann@{name}"])
    _, raw, _ = unstuffed(send(zone_of(name)))
    assert signed_by(raw) == ["r1"]


def test_while_a_campaign_runs_its_keys_change_and_every_message_verifies(
    name: str,
    tenant: Tenant,
    domain: SendingDomain,
    dns: str,
    world: World,
    config: EngineConfig,
    launch: Any,
) -> None:
    launch([f"p{number}@gmail.test" for number in range(60)])
    ours = domain.name

    def send_until(count: int) -> None:
        run = Run(replace(config, idle_seconds=1.5), lambda: len(world.recipients(ours)) >= count)
        asyncio.run(run.execute())

    send_until(15)
    begin_rotation(tenant_id=tenant.pk, domain_id=domain.pk, actor=SYSTEM)
    send_until(30)
    advance_rotation(tenant_id=tenant.pk, domain_id=domain.pk, actor=SYSTEM)
    send_until(60)
    # One receiver that never forgets an answer, and sees the messages in their order.
    find = lookup_at(dns)
    raws = [copy.raw() for copy in copies(world.folder) if copy.mail_from.endswith(f"rp.{ours}")]
    assert len(raws) == 60
    assert all(algorithms_that_verify(raw, find) == BOTH for raw in raws)
    assert {tuple(sorted(signed_by(raw))) for raw in raws} == {("e1", "r1"), ("e2", "r2")}
