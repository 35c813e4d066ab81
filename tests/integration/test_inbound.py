"""Inbound SMTP against a real socket and database: no open relay, and 250 means committed."""

import asyncio
import os
import signal
import smtplib
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from django.conf import settings

from accounts.tenancy import tenant_scope
from campaigns.models import Subscription, Suppression
from delivery.inbound import mail
from delivery.inbound.address import token_keys
from delivery.inbound.server import MAX_BYTES, MAX_FROM_ONE, InboundServer
from delivery.models import Attempt, AttemptState, InboundMail
from relay_saas.mail.tokens import Purpose, Token, encode
from tests.delivery.reports import report
from tests.integration.organizations import Organization, make_organization
from tests.integration.waiting import until
from tests.unit.mail.dmarc_examples import gzipped, xml
from tests.unit.mail.dmarc_examples import mail as a_mail

ROOT = Path(__file__).resolve().parents[2]
MAIL = b"Subject: hello\r\n\r\nhello\r\n"

pytestmark = pytest.mark.usefixtures("committed")


@pytest.fixture
def port() -> Iterator[int]:
    """A server in a thread of its own."""
    ready, found = Event(), []
    stopping: list[Any] = []

    async def serve() -> None:
        stop = asyncio.Event()
        stopping.extend((asyncio.get_running_loop(), stop))
        server = InboundServer(address="127.0.0.1", port=0, host_name="inbound.relay.test", keys=token_keys())
        async with server:
            found.append(server.port)
            ready.set()
            await stop.wait()

    thread = Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert ready.wait(10)
    yield found[0]
    loop, stop = stopping
    loop.call_soon_threadsafe(stop.set)
    thread.join(20)
    assert not thread.is_alive()


@pytest.fixture
def client(port: int) -> Iterator[smtplib.SMTP]:
    """A client that has said EHLO."""
    with smtplib.SMTP("127.0.0.1", port, timeout=20) as client:
        client.ehlo()
        yield client


def address(shop: Organization, purpose: Purpose = Purpose.RETURN_PATH, host: str | None = None) -> str:
    host = host or f"rp.{shop.domain.name}"
    token = encode(Token(purpose, shop.tenant.number, shop.message_id), host, token_keys())
    return f"{token}@{host}"


def inbound(shop: Organization) -> list[InboundMail]:
    with tenant_scope(shop.tenant.pk):
        return list(InboundMail.objects.order_by("pk"))


def state(shop: Organization) -> AttemptState:
    with tenant_scope(shop.tenant.pk):
        return AttemptState(Attempt.objects.filter(message_id=shop.message_id).order_by("-number")[0].state)


def delivered(shop: Organization) -> None:
    with tenant_scope(shop.tenant.pk):
        Attempt.objects.create(
            tenant_id=shop.tenant.pk, message_id=shop.message_id, number=1, campaign_id=shop.campaign.pk,
            state=AttemptState.DELIVERED, at=shop.contact.created_at,
        )  # fmt: skip


def test_a_bounce_to_the_return_path_is_kept_and_acted_on(client: smtplib.SMTP) -> None:
    shop = make_organization()
    delivered(shop)
    # Mail may change the letters' case on its way.
    client.sendmail("", [address(shop).upper()], report())
    kept = inbound(shop)
    assert [(mail.kind, mail.mail_from, mail.message_id) for mail in kept] == [("dsn", "", shop.message_id)]
    assert bytes(kept[0].raw) == report()
    until(lambda: state(shop) is AttemptState.BOUNCED, what="the bounce")
    with tenant_scope(shop.tenant.pk):
        assert Suppression.objects.filter(email_key=shop.contact.email_key, scope="all").exists()


def test_a_dmarc_report_goes_to_whose_domain_it_names(
    client: smtplib.SMTP, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop, announced = make_organization(), []
    monkeypatch.setattr(mail, "announce_reports", lambda **values: announced.append(values["tenant_id"]))
    raw = a_mail(gzipped(xml(domain=shop.domain.name)))
    client.sendmail("noreply@receiver.test", [f"dmarc@{settings.RELAY_ZONE}"], raw)
    until(lambda: announced == [shop.tenant.pk], what="the report")
    assert [(kept.kind, kept.mail_from) for kept in inbound(shop)] == [("dmarc", "noreply@receiver.test")]


def test_a_report_of_delay_is_only_kept(client: smtplib.SMTP) -> None:
    shop = make_organization()
    delivered(shop)
    client.sendmail("", [address(shop)], report(action="delayed", status="4.4.1"))
    until(lambda: inbound(shop)[0].handled_at, what="the report")
    assert state(shop) is AttemptState.DELIVERED


@pytest.mark.parametrize("in_ledger", [True, False])
def test_mail_to_the_unsubscribe_address_ends_the_list(client: smtplib.SMTP, in_ledger: bool) -> None:
    shop = make_organization(in_ledger=in_ledger)
    client.sendmail("reader@example.test", [address(shop, Purpose.MAILTO)], MAIL)
    until(lambda: inbound(shop)[0].handled_at, what="the unsubscribe mail")
    with tenant_scope(shop.tenant.pk):
        subscription = Subscription.objects.get(contact=shop.contact)
    assert (subscription.state, subscription.source) == ("unsubscribed", "mailto")


def test_no_other_address_is_taken(client: smtplib.SMTP) -> None:
    shop = make_organization()
    good = address(shop)
    flipped = ("b" if good[20] == "a" else "a").join((good[:20], good[21:]))
    unknown = Token(Purpose.RETURN_PATH, 2_000_000_000, shop.message_id)
    host = f"rp.{shop.domain.name}"
    client.mail("a@example.test")
    for other in (
        "somebody@gmail.test",
        "postmaster@gmail.test",
        "root@inbound.relay.test",
        f"abuse@x.{host}",
        f"nobody@{host}",
        flipped,
        address(shop, Purpose.UNSUBSCRIBE),
        address(shop, Purpose.CLICK),
        good.replace("@rp.", "@t."),
        f"{good.partition('@')[0]}@evil.test",
        f"{encode(unknown, host, token_keys())}@{host}",
        f"{good.partition('@')[0]}%gmail.test@{host}",
        # A route before a good address may be refused or ignored (RFC 5321 §3.6.1), but none leads elsewhere.
        f"@{host}:somebody@gmail.test",
    ):
        code, text = client.rcpt(other)
        assert 500 <= code < 600, (other, code, text)
    assert client.rcpt("somebody@gmail.test") == (550, b"5.1.1 There is no such address here")
    assert client.docmd("DATA")[0] == 503
    assert inbound(shop) == []


def test_a_message_has_one_recipient(client: smtplib.SMTP) -> None:
    shop = make_organization()
    client.mail("")
    assert client.rcpt(address(shop))[0] == 250
    assert client.rcpt(address(shop))[0] == 452
    assert client.data(MAIL)[0] == 250
    assert len(inbound(shop)) == 1


@pytest.mark.parametrize(
    "body",
    [b"a\nb\r\n", b"a\rb\r\n", b"a\0b\r\n", b"a\r\n.\nb\r\n", b"a\n.\r\nb\r\n", b"a\r.\r\nb\r\n"],
)
def test_bare_line_ends_and_nul_are_refused(client: smtplib.SMTP, body: bytes) -> None:
    shop = make_organization()
    client.mail("")
    client.rcpt(address(shop))
    assert client.docmd("DATA")[0] == 354
    client.send(b"Subject: x\r\n\r\n" + body + b"\r\n.\r\n")
    assert client.getreply()[0] == 554
    assert client.noop()[0] == 250
    assert inbound(shop) == []


def test_a_message_over_a_megabyte_is_refused_and_the_session_goes_on(client: smtplib.SMTP) -> None:
    shop = make_organization()
    assert client.esmtp_features["size"] == str(MAX_BYTES)
    assert client.docmd("MAIL", f"FROM:<> SIZE={MAX_BYTES + 1}")[0] == 552
    client.mail("")
    client.rcpt(address(shop))
    assert client.data(b"a" * 78 + (b"\r\n" + b"a" * 78) * (MAX_BYTES // 80 + 1))[0] == 552
    assert client.docmd("NOOP", "a" * 600)[0] == 500
    assert client.noop()[0] == 250
    assert inbound(shop) == []


def test_one_client_cannot_take_all_connections(port: int) -> None:
    clients = [socket.create_connection(("127.0.0.1", port), 20) for _ in range(MAX_FROM_ONE + 1)]
    try:
        greetings = sorted(client.recv(100)[:4] for client in clients)
    finally:
        for client in clients:
            client.close()
    assert greetings == [b"220 "] * MAX_FROM_ONE + [b"421 "]

    def greeted_again() -> bool:
        with socket.create_connection(("127.0.0.1", port), 20) as client:
            return client.recv(100).startswith(b"220 ")

    until(greeted_again, what="room for another connection")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_process_greets_keeps_mail_and_stops_when_told(number: signal.Signals) -> None:
    shop = make_organization()
    environment = os.environ | {"RELAY_INBOUND_ADDRESS": "127.0.0.1", "RELAY_INBOUND_PORT": "0"}
    command = [sys.executable, "manage.py", "run_inbound"]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            port = int(process.stdout.readline().rpartition(":")[2])
            with smtplib.SMTP("127.0.0.1", port, timeout=20) as client:
                client.sendmail("", [address(shop)], report())
        finally:
            process.send_signal(number)
        assert process.wait(20) == 0
    assert len(inbound(shop)) == 1


def test_the_process_refuses_the_owners_role() -> None:
    environment = os.environ | {"DATABASE_URL": os.environ["DATABASE_OWNER_URL"], "RELAY_INBOUND_PORT": "0"}
    command = [sys.executable, "manage.py", "run_inbound"]
    ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode != 0
    assert "relay.E010" in ran.stderr
