"""Nobody sends through us without a sign-in, and nobody in the name of others: every known form."""

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from accounts.audit import SYSTEM
from accounts.services.smtp_credentials import revoke
from delivery.submission.server import SubmissionServer
from tests.integration.submission import Client, Shop, make_shop, serving

VICTIM: Final = "victim@one.test"
LETTER: Final = b"From: a@b.test\r\nSubject: x\r\n\r\nx\r\n"

#: Envelopes of the classic open-relay tests: sender, recipient. `{own}` is a domain of ours.
ENVELOPES: Final = {
    "plain": ("<spammer@evil.test>", f"<{VICTIM}>"),
    "from our own domain": ("<shop@{own}>", f"<{VICTIM}>"),
    "from our own domain to ourselves": ("<shop@{own}>", "<shop@{own}>"),
    "null sender": ("<>", f"<{VICTIM}>"),
    "postmaster": ("<postmaster@{own}>", f"<{VICTIM}>"),
    "from the server": ("<spammer@smtp.relay.test>", f"<{VICTIM}>"),
    "from localhost": ("<spammer@localhost>", f"<{VICTIM}>"),
    "from an address literal": ("<spammer@[127.0.0.1]>", f"<{VICTIM}>"),
    "sender without a domain": ("<spammer>", f"<{VICTIM}>"),
    "percent hack": ("<shop@{own}>", "<victim%one.test@{own}>"),
    "percent hack at an address": ("<shop@{own}>", "<victim%one.test@[127.0.0.1]>"),
    "bang path": ("<shop@{own}>", "<one.test!victim@{own}>"),
    "bare bang path": ("<shop@{own}>", "<one.test!victim>"),
    "source route": ("<shop@{own}>", f"<@{{own}}:{VICTIM}>"),
    "double source route": ("<shop@{own}>", f"<@{{own}},@smtp.relay.test:{VICTIM}>"),
    "quoted recipient": ("<shop@{own}>", f'<"{VICTIM}">'),
    "quoted recipient at our domain": ("<shop@{own}>", f'<"{VICTIM}"@{{own}}>'),
    "two at signs": ("<shop@{own}>", f"<{VICTIM}@{{own}}>"),
    "recipient at a literal": ("<shop@{own}>", "<victim@[192.0.2.1]>"),
    "trailing dot": ("<shop@{own}>", "<victim@one.test.>"),
    "without angle brackets": ("shop@{own}", VICTIM),
    "AUTH parameter": ("<shop@{own}> AUTH=shop@{own}", f"<{VICTIM}>"),
    "AUTH parameter of nobody": ("<shop@{own}> AUTH=<>", f"<{VICTIM}>"),
}
#: Never open anything.
COMMANDS: Final = (
    "XCLIENT ADDR=127.0.0.1 LOGIN=shop",
    "XFORWARD ADDR=127.0.0.1",
    "ETRN one.test",
    "TURN",
    "SEND FROM:<shop@one.test>",
    "SOML FROM:<shop@one.test>",
    "SAML FROM:<shop@one.test>",
    "AUTH ANONYMOUS eA==",
    "AUTH EXTERNAL c2hvcA==",
    "AUTH CRAM-MD5",
    "AUTH PLAIN AAA=",
    "AUTH PLAIN =",
)


@pytest.fixture
def server(committed: None, tmp_path: Path) -> Iterator[SubmissionServer]:
    with serving(tmp_path) as found:
        yield found


@pytest.fixture
def shop(committed: None) -> Shop:
    return make_shop()


def doors(server: SubmissionServer) -> dict[str, Client]:
    """A client at each way in, greeted, not signed in."""
    plain = Client(server.ports[0])
    plain.say("EHLO c.example")
    upgraded = Client(server.ports[0]).starttls()
    upgraded.say("EHLO c.example")
    secure = Client(server.ports[1], tls=True)
    secure.say("EHLO c.example")
    return {"587 in the clear": plain, "587 with STARTTLS": upgraded, "465": secure}


def accepted(client: Client, sender: str, recipient: str) -> list[str]:
    """What of a transaction was answered with success."""
    lines = (f"MAIL FROM:{sender}", f"RCPT TO:{recipient}", "DATA")
    return [line for line in lines if client.say(line)[:1] in {"2", "3"}]


def test_no_envelope_gets_in_without_a_sign_in(server: SubmissionServer, shop: Shop) -> None:
    own = shop.organization.domain.name
    for name, (sender, recipient) in ENVELOPES.items():
        for door, client in doors(server).items():
            with client:
                taken = accepted(client, sender.format(own=own), recipient.format(own=own))
                assert taken == [], (name, door)
    assert shop.messages() == []


def test_no_command_opens_the_door(server: SubmissionServer, shop: Shop) -> None:
    for line in COMMANDS:
        for door, client in doors(server).items():
            with client:
                said = client.say(line)
                assert said[:1] != "2", (line, door)
                if said.startswith("334"):
                    assert client.say("").startswith("5"), (line, door)
                assert accepted(client, f"<{shop.sender}>", f"<{VICTIM}>") == [], (line, door)
    assert shop.messages() == []


def test_a_batch_that_does_not_wait_for_answers_gets_nothing(server: SubmissionServer, shop: Shop) -> None:
    batch = f"MAIL FROM:<{shop.sender}>\r\nRCPT TO:<{VICTIM}>\r\nDATA\r\n".encode() + LETTER + b".\r\n"
    for door, client in doors(server).items():
        with client:
            client.send(batch)
            replies = [client.reply() for _ in range(3)]
            assert [reply[:1] for reply in replies] == ["5", "5", "5"], door
    assert shop.messages() == []


def test_what_is_sent_before_the_handshake_is_not_read_after_it(server: SubmissionServer, shop: Shop) -> None:
    """The injection of CVE-2011-0411: commands in the packet of STARTTLS."""
    with Client(server.ports[0]) as client:
        client.say("EHLO c.example")
        client.send(f"STARTTLS\r\nEHLO x\r\nAUTH PLAIN {shop.plain}\r\n".encode())
        said = client.reply()
        if said.startswith("220"):
            client.encrypt()
            said = client.say(f"MAIL FROM:<{shop.sender}>")
        assert not said.startswith("250")
    assert shop.messages() == []


def test_a_sign_in_needs_encryption(server: SubmissionServer, shop: Shop) -> None:
    user, password = (base64.b64encode(one.encode()).decode() for one in (shop.username, shop.password))
    for lines in (
        [f"AUTH PLAIN {shop.plain}"],
        ["AUTH LOGIN", user, password],
        [f"AUTH LOGIN {user}", password],
    ):
        with Client(server.ports[0]) as client:
            offered = client.say("EHLO c.example")
            assert "AUTH" not in offered.replace("STARTTLS", "")
            for line in lines:
                assert client.say(line).startswith(("538", "5"))
            assert accepted(client, f"<{shop.sender}>", f"<{VICTIM}>") == []


def test_a_revoked_credential_and_a_wrong_password_are_refused_alike(
    server: SubmissionServer, shop: Shop
) -> None:
    answers = []
    with Client(server.ports[1], tls=True) as client:
        client.say("EHLO c.example")
        wrong = base64.b64encode(f"\0{shop.username}\0{shop.password}x".encode()).decode()
        answers.append(client.say(f"AUTH PLAIN {wrong}"))
        unknown = base64.b64encode(f"\0smtp_aaaaaaaaaaaaaaaa\0{shop.password}".encode()).decode()
        answers.append(client.say(f"AUTH PLAIN {unknown}"))
    revoke(tenant_id=shop.organization.tenant.pk, credential_id=shop.credential_id, actor=SYSTEM)
    with Client(server.ports[1], tls=True) as client:
        client.say("EHLO c.example")
        answers.append(client.say(f"AUTH PLAIN {shop.plain}"))
    assert len(set(answers)) == 1
    assert answers[0].startswith("535 5.7.8")


def test_who_has_signed_in_sends_from_their_own_domains_alone(server: SubmissionServer, shop: Shop) -> None:
    other = make_shop()
    foreign = {
        "another organization's": other.sender,
        "anybody's": "ceo@bank.example",
        "a domain above": f"shop@{shop.organization.domain.name.partition('.')[2]}",
        "a domain below": f"shop@x.{shop.organization.domain.name}",
        "one that looks alike": f"shop@{shop.organization.domain.name}.evil.test",
    }
    for name, address in foreign.items():
        for field in ("From: {}", "From: " + shop.sender + "\r\nSender: {}", "From: " + shop.sender + ", {}"):
            with Client(server.ports[1], tls=True).sign_in(shop) as client:
                letter = f"{field.format(address)}\r\nSubject: x\r\n\r\nx\r\n".encode()
                assert client.deliver(shop, letter).startswith("55"), (name, field)
    assert shop.messages() == other.messages() == []
