"""Mail programs that people have hand in their mail, and it arrives as meant: signed, whole, to the right
people."""

import smtplib
from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from accounts.audit import SYSTEM
from accounts.models import SendingDomain, Tenant
from accounts.services.smtp_credentials import create
from accounts.services.smtp_draft import CredentialDraft
from accounts.tenancy import SYSTEM_TENANT_ID, tenant_scope
from delivery.services.bounce_notice import tell_due
from relay_saas.mail.dsn import parse_dsn
from scripts.accounting.signatures import Lookup, algorithms_that_verify
from tests.delivery.builders import make_domain
from tests.integration.dns_server import Zone
from tests.integration.mail_programs import PROGRAMS, Account, Letter, present
from tests.integration.scripted_server import ScriptedServer
from tests.integration.submission import serving

SUBJECT = "ご注文 17 – thank you"
TEXT = "一行目\n.点で始まる行\nEnd"
HTML = "<p>Thank you <a href='https://shop.example/17'>注文</a></p>"


@pytest.fixture
def account(tenant: Tenant, domain: SendingDomain, tmp_path: Path) -> Iterator[Account]:
    """A credential, and the server that it is for."""
    draft = CredentialDraft(name="shop", allowed_from=[f"*@{domain.name}"])
    credential, password = create(tenant_id=tenant.pk, draft=draft, actor=SYSTEM)
    with serving(tmp_path, name="localhost") as server:
        yield Account(
            host="localhost",
            port=server.ports[0],
            tls_port=server.ports[1],
            ca=tmp_path / "server.pem",
            username=credential.username,
            password=password,
            sender=f"shop@{domain.name}",
        )


def arrived(receiver: ScriptedServer) -> dict[str, bytes]:
    """Messages by the recipient that RCPT TO named; dots are unstuffed."""
    found: dict[str, bytes] = {}
    for seen in receiver.connections:
        rcpts = [line.decode() for line in seen.commands if line.upper().startswith(b"RCPT")]
        for line, (_token, octets) in zip(rcpts, seen.messages, strict=True):
            address = line.partition("<")[2].partition(">")[0]
            found[address] = octets.removesuffix(b".\r\n").replace(b"\r\n..", b"\r\n.")
    return found


def key_record(tenant: Tenant, domain: SendingDomain) -> Lookup:
    """What DNS would say of the domain's keys."""
    with tenant_scope(tenant.pk):
        keys = {f"{key.selector}._domainkey.{domain.name}.": key.public_txt for key in domain.dkim_keys.all()}
    return lambda name, timeout=5: keys[name.decode()].encode()  # noqa: ARG005 - dkimpy's signature


def text_of(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n").strip()


def test_each_programs_mail_arrives_as_meant(
    account: Account,
    tenant: Tenant,
    domain: SendingDomain,
    name: str,
    send: Callable[..., ScriptedServer],
) -> None:
    programs = present()
    for program in programs:
        PROGRAMS[program][1](account, Letter(to=f"{program}@{name}", subject=SUBJECT, text=TEXT, html=HTML))
    receiver = send({(name, "MX"): [f"10 mx.{name}."], (f"mx.{name}", "A"): ["127.0.0.1"]})
    octets = arrived(receiver)
    for raw in octets.values():
        assert algorithms_that_verify(raw, key_record(tenant, domain)) == {"rsa-sha256", "ed25519-sha256"}
    found = {address: message_from_bytes(raw, policy=policy.default) for address, raw in octets.items()}
    expected = {f"{program}@{name}" for program in programs} | {f"bcc-django@{name}"}
    assert set(found) == expected
    for address, message in found.items():
        assert message["From"].addresses[0].addr_spec == account.sender, address
        assert message["Subject"] == SUBJECT, address
        assert text_of(message) == TEXT, address
        assert message["Message-ID"], address
        assert message["Date"], address
        assert message["Bcc"] is None, address
        assert not [key for key in message if key.lower().startswith("x-relay-") and key != "X-Relay-Trace"]
    html = found[f"django@{name}"].get_body(("html",))
    assert html is not None
    assert html.get_content().strip() == HTML
    (attachment,) = found[f"bcc-django@{name}"].iter_attachments()
    assert (attachment.get_filename(), attachment.get_content()) == ("領収書.txt", "合計 1,200 円")
    assert found[f"bcc-django@{name}"]["To"] == f"django@{name}"


def test_a_mailbox_hears_that_its_mail_was_refused_by_mail_from_nobody(
    account: Account,
    tenant: Tenant,
    domain: SendingDomain,
    name: str,
    send: Callable[..., ScriptedServer],
    settings: Any,
) -> None:
    """The whole way: handed in with DSN parameters, refused by the recipient's server, reported by mail."""
    system = f"post.{tenant.slug}.test"
    make_domain(SYSTEM_TENANT_ID, system)
    settings.DEFAULT_FROM_EMAIL = f"Relay <no-reply@{system}>"
    draft = CredentialDraft(name="Outlook", bounce_notice=f"taro@{domain.name}")
    credential, password = create(tenant_id=tenant.pk, draft=draft, actor=SYSTEM)
    with smtplib.SMTP_SSL(account.host, account.tls_port, timeout=30, context=account.context) as client:
        client.login(credential.username, password)
        client.ehlo()
        assert client.has_extn("dsn")
        client.mail(account.sender, ["RET=HDRS", "ENVID=QQ314159"])
        client.rcpt(f"gone@{name}", ["NOTIFY=FAILURE", f"ORCPT=rfc822;gone@{name}"])
        mail = f"From: {account.sender}\r\nSubject: Hello\r\nMessage-ID: <1@client>\r\n\r\nHi\r\n"
        assert client.data(mail)[0] == 250
    zone: Zone = {(name, "MX"): [f"10 mx.{name}."], (f"mx.{name}", "A"): ["127.0.0.1"]}
    send(zone, lambda turn: b"550 5.1.1 No such user\r\n" if turn.verb == "RCPT" else None)
    assert tell_due() == 1
    zone = {(domain.name, "MX"): [f"10 mx.{domain.name}."], (f"mx.{domain.name}", "A"): ["127.0.0.1"]}
    receiver = send(zone)
    (mail_from,) = (line for line in receiver.connections[-1].commands if line.startswith(b"MAIL"))
    assert mail_from.startswith(b"MAIL FROM:<>")
    report = parse_dsn(arrived(receiver)[f"taro@{domain.name}"])
    assert report is not None
    assert (report.action, report.status, report.original_recipient) == ("failed", "5.1.1", f"gone@{name}")
    assert b"Original-Envelope-Id: QQ314159" in arrived(receiver)[f"taro@{domain.name}"]
