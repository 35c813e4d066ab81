"""What the providers refuse: every way in which a client breaks the protocol."""

import pytest

from tests.integration.simulator.world import MAIL, SENDER, Client, World, wait_for

HOST = "127.20.9.1"
RCPT = "RCPT TO:<someone@acme.test>\r\n"
HELLO = "EHLO mx1.relay.test\r\n"
HEAD = b"Subject: x\r\n\r\n"


@pytest.fixture
def client(plain: World) -> Client:
    client = plain.connect(HOST)
    assert client.ask(HELLO).startswith("250-mx1.corporate-mail.test")
    return client


def test_the_extensions_are_those_of_the_profile(plain: World, odd: World) -> None:
    offered = plain.connect("127.20.1.1").ask(HELLO)
    for name in ("PIPELINING", "SIZE 25000000", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES", "STARTTLS"):
        assert name in offered
    assert "STARTTLS" not in plain.connect("127.20.5.1").ask(HELLO)
    old = odd.connect("127.20.53.1").ask(HELLO)
    assert "SIZE" in old
    assert not any(name in old for name in ("PIPELINING", "8BITMIME", "SMTPUTF8"))


@pytest.mark.parametrize(
    ("sent", "reply"),
    [
        (b"NOOP\n", "554"),
        (b"NOOP \r x\r\n", "554"),
        (b"NOOP \0\r\n", "554"),
        (b"NOOP " + b"a" * 2000 + b"\r\n", "554"),
        (b"a" * 5000, "554"),
        (b"QUIT\r\nNOOP\r\n", "221"),
        (b"STARTTLS\r\n", "502"),
        (b"GET / HTTP/1.1\r\n", "500"),
        (RCPT.encode(), "503"),
        (b"DATA\r\n", "503"),
        (b"DATA now\r\n", "501"),
        (b"MAIL FROM:<a b@x.test>\r\n", "501"),
        (b"MAIL FROM:a@x.test\r\n", "501"),
        (b"MAIL FROM:<a@x.test> SIZE=99999999999\r\n", "552"),
        (b"MAIL FROM:<a@x.test> SIZE=-1\r\n", "501"),
        (b"MAIL FROM:<a@x.test> FOO=BAR\r\n", "555"),
        ("MAIL FROM:<ä@x.test>\r\n".encode(), "553"),
        (b"MAIL FROM:<\xff@x.test>\r\n", "501"),
        (b"MAIL FROM:<>\r\n", "250"),
        ("MAIL FROM:<ä@x.test> SMTPUTF8 BODY=8BITMIME\r\n".encode(), "250"),
        (b"NOOP\r\n", "250"),
        (b"VRFY root\r\n", "252"),
    ],
)
def test_a_command_gets_its_reply(client: Client, sent: bytes, reply: str) -> None:
    assert client.ask(sent).startswith(reply)


@pytest.mark.parametrize(
    ("rcpt", "reply"),
    [
        ("RCPT TO:<>\r\n", "501"),
        ("RCPT TO:<x>\r\n", "501"),
        ("RCPT TO:<@a.test,@b.test:c@d.test>\r\n", "501"),
        ("RCPT TO:<someone@elsewhere.test>\r\n", "550 5.7.1"),
        ('RCPT TO:<"a b"@acme.test>\r\n', "250"),
        ("RCPT TO:<あ@acme.test>\r\n", "553"),
    ],
)
def test_a_recipient_gets_its_reply(client: Client, rcpt: str, reply: str) -> None:
    client.ask(MAIL)
    assert client.ask(rcpt).startswith(reply)


def test_mail_before_ehlo_and_mail_inside_a_transaction_are_refused(plain: World) -> None:
    client = plain.connect(HOST)
    assert client.ask(MAIL).startswith("503")
    client.ask(HELLO)
    assert client.ask(MAIL).startswith("250")
    assert client.ask(MAIL).startswith("503 5.5.1 Nested")
    assert client.ask("RSET\r\n").startswith("250")
    assert client.ask(MAIL).startswith("250")


@pytest.mark.parametrize(
    ("message", "reply"),
    [
        (HEAD + b"bare\nlf\r\n", "554 5.6.0"),
        (HEAD + b"bare\rcr\r\n", "554 5.6.0"),
        (HEAD + b"smuggled\n.\nMAIL FROM:<x@y.test>\r\n", "554 5.6.0"),
        (HEAD + b"smuggled\r\n.\nMAIL\r\n", "554 5.6.0"),
        (HEAD + b"smuggled\n.\r\nx\r\n", "554 5.6.0"),
        (HEAD + b"a" * 999 + b"\r\n", "554 5.6.0 Line longer"),
        (HEAD + b"a" * 998 + b"\r\n", "250"),
        (HEAD + b"nul \0\r\n", "554 5.6.0"),
        (HEAD + "八".encode() + b"\r\n", "554 5.6.1"),
        (b"", "250"),
    ],
)
def test_a_message_is_taken_or_refused_by_its_bytes(client: Client, message: bytes, reply: str) -> None:
    assert client.deliver("someone@acme.test", message).startswith(reply)


def test_eight_bit_content_is_taken_where_it_was_declared(client: Client) -> None:
    mail = "MAIL FROM:<a@x.test> BODY=8BITMIME\r\n"
    assert client.deliver("someone@acme.test", HEAD + "八".encode() + b"\r\n", mail).startswith("250")


def test_a_message_beyond_the_size_limit_is_refused(odd: World) -> None:
    client = odd.connect("127.20.51.1")
    client.ask(HELLO)
    assert client.deliver("a@near.test", HEAD + b"x" * 70 + b"\r\n" * 3000).startswith("552")
    client.send("QUIT\r\n")
    assert client.reply().startswith("221")


def test_pipelining_that_was_not_offered_ends_the_session(odd: World) -> None:
    client = odd.connect("127.20.53.1")
    client.ask(HELLO)
    client.send(MAIL + RCPT)
    replies = [client.reply(), client.reply()]
    assert replies[-1].startswith("554 5.5.0 Protocol error")
    assert client.closed()


def test_a_body_sent_with_data_ends_the_session(client: Client) -> None:
    client.send(MAIL + RCPT + "DATA\r\nSubject: early\r\n\r\n.\r\n")
    assert [client.reply()[:3] for _ in range(4)] == ["250", "250", "354", "554"]
    assert client.closed()


def test_bytes_before_the_banner_end_the_session(odd: World) -> None:
    import socket

    client = Client(socket.create_connection(("127.20.50.1", odd.smtp_port), 5, (SENDER, 0)))
    client.send(HELLO)
    assert client.reply().startswith("220")
    assert client.reply().startswith("554")
    assert client.closed()


def test_commands_injected_behind_starttls_end_the_session(plain: World) -> None:
    client = plain.connect("127.20.1.1")
    client.ask(HELLO)
    client.send("STARTTLS\r\n" + MAIL)
    assert client.reply().startswith("220")
    assert client.reply().startswith("554")
    assert client.closed()


def test_refusals_are_logged_with_stage_and_reply(plain: World) -> None:
    client = plain.connect("127.20.8.1")
    client.ask(HELLO)
    client.ask(MAIL)
    client.ask("RCPT TO:<logged@elsewhere.test>\r\n")
    line = wait_for(
        lambda: [each for each in plain.lines("refused-1.log") if each["rcpt"] == "logged@elsewhere.test"]
    )
    assert line[0]["stage"] == "rcpt"
    assert line[0]["rule"] == "relay"
    assert line[0]["mail_from"] == "bounce-1@rp.news.acme.test"
    assert line[0]["reply"].startswith("550 5.7.1")
