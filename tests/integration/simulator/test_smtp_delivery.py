"""What the providers take, what they log of it, and their limits, refusals and delays."""

import hashlib
import smtplib
import time

from tests.integration.simulator.world import MAIL, Client, World, wait_for

HELLO = "EHLO mx1.relay.test\r\n"
MESSAGE = b"Message-ID: <1@x.test>\r\nSubject: x\r\n\r\n..dotted\r\nend\r\n"


def greet(world: World, address: str, source: str = "127.30.0.1") -> Client:
    client = world.connect(address, source)
    client.ask(HELLO)
    return client


def test_a_message_is_in_the_log_before_its_250(plain: World) -> None:
    client = greet(plain, "127.20.9.1")
    assert client.deliver("taken@acme.test", MESSAGE).startswith("250")
    line = plain.lines("received-1.log")[-1]
    content = MESSAGE.replace(b"\r\n..", b"\r\n.")
    stored = (plain.folder / "messages-1.mbox").read_bytes()
    assert line["rcpt"] == "taken@acme.test"
    assert line["mail_from"] == "bounce-1@rp.news.acme.test"
    assert (line["provider"], line["host"]) == ("corporate", "mx1.corporate-mail.test")
    assert (line["client"], line["helo"], line["tls"]) == ("127.30.0.1", "mx1.relay.test", "")
    assert line["message_id"] == "1@x.test"
    assert line["sha256"] == hashlib.sha256(content).hexdigest()
    assert stored[line["offset"] : line["offset"] + line["size"]] == content
    assert int.from_bytes(stored[line["offset"] - 8 : line["offset"]]) == line["size"]


def test_the_beginning_of_data_is_logged_too(plain: World) -> None:
    client = greet(plain, "127.20.9.1")
    for step in (MAIL, "RCPT TO:<opened@acme.test>\r\n", "DATA\r\n"):
        client.ask(step)
    client.sock.close()
    assert wait_for(
        lambda: [line for line in plain.lines("data-1.log") if line["rcpt"] == "opened@acme.test"]
    )
    assert not [line for line in plain.lines("received-1.log") if line["rcpt"] == "opened@acme.test"]


def test_smtplib_delivers_over_tls(plain: World) -> None:
    with smtplib.SMTP(
        "127.20.1.1", plain.smtp_port, "mx1.relay.test", source_address=("127.30.0.2", 0)
    ) as smtp:
        smtp.starttls()
        assert not smtp.has_extn("starttls") or smtp.ehlo()[0] == 250
        for number in range(3):
            smtp.sendmail("a@x.test", [f"tls{number}@gmail.test"], MESSAGE)
    lines = [line for line in plain.lines("received-1.log") if line["rcpt"].startswith("tls")]
    assert [line["tls"] for line in lines] == ["TLSv1.3"] * 3


def test_pipelined_transactions_over_one_session(plain: World) -> None:
    client = greet(plain, "127.20.4.2")
    for number in range(3):
        client.send(f"{MAIL}RCPT TO:<p{number}@yahoo-jp.test>\r\nDATA\r\n")
        assert [client.reply()[:3] for _ in range(3)] == ["250", "250", "354"]
        client.send(MESSAGE + b".\r\n")
        assert client.reply().startswith("250")
    client.send(f"{MAIL}RCPT TO:<p9@yahoo-jp.test>\r\nDATA\r\n")
    [client.reply() for _ in range(3)]
    client.send(MESSAGE + b".\r\n" + MAIL.encode())
    assert [client.reply()[:3] for _ in range(2)] == ["250", "250"]


def test_a_message_in_tiny_pieces_arrives_whole(plain: World) -> None:
    client = greet(plain, "127.20.9.2")
    for step in (MAIL, "RCPT TO:<pieces@acme.test>\r\n", "DATA\r\n"):
        client.ask(step)
    for byte in MESSAGE + b".\r\n":
        client.send(bytes([byte]))
    assert client.reply().startswith("250")
    assert plain.lines("received-1.log")[-1]["size"] == len(MESSAGE) - 1


def test_pipelined_commands_cost_one_round_trip(odd: World) -> None:
    client = greet(odd, "127.20.50.1")
    began = time.monotonic()
    client.send(f"{MAIL}RCPT TO:<a@far.test>\r\nDATA\r\n")
    assert [client.reply()[:3] for _ in range(3)] == ["250", "250", "354"]
    together = time.monotonic() - began
    began = time.monotonic()
    client.send(MESSAGE + b".\r\n")
    assert client.reply().startswith("250")
    body = time.monotonic() - began
    began = time.monotonic()
    for _ in range(3):
        client.ask("NOOP\r\n")
    apart = time.monotonic() - began
    assert 0.19 < together < apart
    assert 0.19 < body < apart
    assert apart > 0.59


def test_too_many_connections_from_one_address_get_421(odd: World) -> None:
    source = "127.30.9.1"
    first, second = odd.connect("127.20.51.1", source), odd.connect("127.20.51.2", source)
    third = odd.connect("127.20.51.1", source)
    assert third.banner.startswith("421")
    assert third.closed()
    assert odd.connect("127.20.51.1", "127.30.9.2").banner.startswith("220")
    first.ask("QUIT\r\n")
    first.sock.close()
    wait_for(lambda: odd.connect("127.20.51.2", source).banner.startswith("220"))
    second.sock.close()


def test_a_session_has_its_limits(odd: World) -> None:
    client = greet(odd, "127.20.51.1", "127.30.9.3")
    for number in range(3):
        assert client.deliver(f"a{number}@near.test", MESSAGE).startswith("250")
    assert client.ask(MAIL).startswith("421")
    assert client.closed()
    client = greet(odd, "127.20.51.1", "127.30.9.3")
    client.ask(MAIL)
    for _ in range(4):
        client.ask("RCPT TO:<a@elsewhere.test>\r\n")
    assert client.ask("RCPT TO:<a@near.test>\r\n").startswith("421 4.5.3")


def test_greylisting_remembers_client_network_sender_and_recipient(odd: World) -> None:
    def first(source: str, mail: str = MAIL) -> str:
        client = greet(odd, "127.20.52.1", source)
        client.ask(mail)
        return client.ask("RCPT TO:<a@grey.test>\r\n")[:3]

    assert first("127.30.1.1") == "451"
    assert first("127.30.2.1") == "451"
    wait_for(lambda: first("127.30.1.1") == "250")
    assert first("127.30.1.77") == "250"
    assert first("127.30.1.1", "MAIL FROM:<other@x.test>\r\n") == "451"


def test_refusals_follow_the_seed_alone_and_come_in_the_providers_words(odd: World) -> None:
    def replies() -> list[str]:
        client = greet(odd, "127.20.54.1")
        client.ask(MAIL)
        return [client.ask(f"RCPT TO:<u{number}@moody.test>\r\n") for number in range(40)]

    first, second, third = replies(), replies(), replies()
    unknown = [at for at, reply in enumerate(first) if reply.startswith("550-5.1.1 no such user")]
    assert 3 <= len(unknown) <= 20
    assert {first[at] for at in unknown} >= {
        f"550-5.1.1 no such user\r\n550 5.1.1 <u{unknown[0]}@moody.test>"
    }
    assert all(third[at].startswith("550") == (at in unknown) for at in range(40))
    assert any(reply.startswith("452 4.2.2 full") for reply in first)
    assert any(reply.startswith("451 4.3.0 not now") for reply in first + second)
    assert all(third[at].startswith("250") for at in range(40) if at not in unknown)


def test_a_lone_dot_after_354_without_recipients_delivers_nothing(odd: World) -> None:
    client = greet(odd, "127.20.54.1")
    client.send(f"{MAIL}RCPT TO:<a@elsewhere.test>\r\nDATA\r\n")
    assert [client.reply()[:3] for _ in range(3)] == ["250", "550", "354"]
    assert client.ask(".\r\n").startswith("554 5.5.1")
    assert client.ask(MAIL).startswith("250")


def test_a_slow_share_answers_the_dot_late(odd: World) -> None:
    client = greet(odd, "127.20.54.1")
    client.ask(MAIL)
    taken = next(
        name
        for name in (f"slow{n}" for n in range(50))
        if client.ask(f"RCPT TO:<{name}@moody.test>\r\n")[0] == "2"
    )
    client.ask("DATA\r\n")
    began = time.monotonic()
    assert client.ask(MESSAGE + b".\r\n").startswith("250"), taken
    assert time.monotonic() - began > 0.19
