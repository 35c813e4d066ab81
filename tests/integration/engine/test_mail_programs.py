"""Mail programs that people have hand in their mail, and it arrives as meant: signed, whole, to the right
people."""

from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from accounts.audit import SYSTEM
from accounts.models import SendingDomain, Tenant
from accounts.services.smtp_credentials import create
from accounts.services.smtp_draft import CredentialDraft
from accounts.tenancy import tenant_scope
from scripts.accounting.signatures import Lookup, algorithms_that_verify
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
