"""Limits in a provider's own words, brakes, black holes, crowds; and letters that come back."""

import socket
from collections.abc import Iterator
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from tests.integration.simulator.world import MAIL, Client, World, simulator, wait_for

HELLO = "EHLO mx1.relay.test\r\n"
MESSAGE = b"Message-ID: <1@x.test>\r\nDKIM-Signature: v=1; d=a.test; s=r\r\nSubject: x\r\n\r\nx\r\n"
PROFILES = {
    "limits": """
domains = ["limits.test"]
mx = [{ name = "mx.real-name.example", address = "127.20.70.1" }]
filtered = { share = 1.0, stage = "dot", reply = ["550 Unknown user {rcpt}"] }
[limits]
connections_per_address = 1
recipients_per_session = 2
busy_reply = ["421 4.3.2 {ip} has too many"]
recipients_reply = ["554 Transaction failed"]
""",
    "brakes": """
domains = ["brakes.test"]
mx = [{ name = "mx.brakes.test", address = "127.20.71.1" }]
[[brakes]]
name = "door"
by = "address"
stage = "connect"
only = ["127.30.0.9"]
reply = ["421 not you"]
then = "reset"
[[brakes]]
name = "signer"
by = "dkim"
most = 1
seconds = 60.0
reply = ["421-4.7.28 rate of {key}", "421 4.7.28 later"]
[[brakes]]
name = "mails"
by = "address"
stage = "mail"
most = 3
seconds = 60.0
reply = ["421 4.7.0 bye"]
then = "close"
""",
    "tail": """
crowd = 300
domains = ["tail{n}.test"]
mx = [{ name = "mx.tail{n}.test", address = "127.20.80.0", behaviour = "drop" }]
""",
    "returns": """
domains = ["returns.test"]
mx = [{ name = "mx.returns.test", address = "127.20.72.1" }]
late = { share = 1.0, delay = [0.0, 0.1], shape = "exim" }
""",
    "writes": """
domains = ["writes.test"]
mx = [{ name = "mx.writes.test", address = "127.20.73.1" }]
people = { away = 1.0, complains = 1.0, complaint = "redacted", delay = [0.0, 0.1] }
""",
}


class Inbound:
    """Takes what comes back."""

    def __init__(self) -> None:
        self.letters: list[tuple[str, str, bytes]] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802, ARG002
        self.letters.append((envelope.mail_from, envelope.rcpt_tos[0], envelope.original_content))
        return "250 2.0.0 Kept"


@pytest.fixture(scope="module")
def inbound() -> Iterator[tuple[Inbound, int]]:
    handler = Inbound()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    yield handler, port
    controller.stop()


@pytest.fixture(scope="module")
def manners(tmp_path_factory: pytest.TempPathFactory, inbound: tuple[Inbound, int]) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("manners")
    for name, text in PROFILES.items():
        (folder / f"{name}.toml").write_text(text)
    data = tmp_path_factory.mktemp("manners-data")
    with simulator(data, str(folder), "--no-judge", "--inbound", f"127.0.0.1:{inbound[1]}") as world:
        yield world


def greet(world: World, address: str, source: str = "127.30.0.1") -> Client:
    client = world.connect(address, source)
    client.ask(HELLO)
    return client


def test_a_host_may_carry_the_name_that_it_has_in_the_world(manners: World) -> None:
    answer = manners.ask("mx.real-name.example", "A")
    assert [rdata.to_text() for rrset in answer.answer for rdata in rrset] == ["127.20.70.1"]
    assert manners.ask("mx.real-name.example", "AAAA").answer == []
    assert manners.ask("other.example", "A").rcode() == 5


def test_limits_are_said_in_the_providers_own_words(manners: World) -> None:
    client = greet(manners, "127.20.70.1")
    assert manners.connect("127.20.70.1").banner == "421 4.3.2 127.30.0.1 has too many"
    assert client.deliver("a@limits.test", MESSAGE) == "550 Unknown user a@limits.test"
    client.ask(MAIL)
    assert client.ask("RCPT TO:<b@limits.test>\r\n").startswith("250")
    assert client.ask("RCPT TO:<c@limits.test>\r\n") == "554 Transaction failed"
    assert client.closed()
    closed = wait_for(lambda: [line for line in manners.lines("sessions-1.log") if line.get("recipients")])
    assert (closed[-1]["messages"], closed[-1]["recipients"], closed[-1]["provider"]) == (2, 3, "limits")


def test_a_brake_refuses_by_signer_and_ends_sessions_by_address(manners: World) -> None:
    client = greet(manners, "127.20.71.1")
    assert client.deliver("a@brakes.test", MESSAGE).startswith("250")
    assert client.deliver("a@brakes.test", MESSAGE) == "421-4.7.28 rate of a.test\r\n421 4.7.28 later"
    assert client.deliver("a@brakes.test", MESSAGE.replace(b"d=a", b"d=b")).startswith("250")
    assert client.ask(MAIL) == "421 4.7.0 bye"
    assert client.closed()
    rules = ["signer", "mails"]
    wait_for(lambda: [line["rule"] for line in manners.lines("refused-1.log")][-2:] == rules)


def test_a_reset_at_the_door_says_nothing(manners: World) -> None:
    address = ("127.20.71.1", manners.smtp_port)
    with (
        pytest.raises(ConnectionResetError),
        socket.create_connection(address, 5, ("127.30.0.9", 0)) as sock,
    ):
        sock.recv(1)


def test_a_crowd_of_black_holes_has_hosts_of_its_own_that_never_answer(manners: World) -> None:
    mx = manners.ask("tail251.test", "MX").answer[0][0].to_text()
    assert mx == "10 mx.tail251.test."
    assert manners.ask("mx.tail251.test", "A").answer[0][0].to_text() == "127.20.81.1"
    with socket.socket() as sock:
        sock.settimeout(0.3)
        with pytest.raises(TimeoutError):
            sock.connect(("127.20.81.1", manners.smtp_port))


def test_late_bounces_complaints_and_answers_come_to_the_return_path(
    manners: World, inbound: tuple[Inbound, int]
) -> None:
    assert greet(manners, "127.20.72.1").deliver("gone@returns.test", MESSAGE).startswith("250")
    assert greet(manners, "127.20.73.1").deliver("away@writes.test", MESSAGE).startswith("250")
    letters = wait_for(lambda: inbound[0].letters if len(inbound[0].letters) >= 3 else None)
    assert {(sender, to) for sender, to, _ in letters} == {("<>", "bounce-1@rp.news.acme.test")}
    kinds = {
        "bounced": b"eximdsn",
        "complained": b"report-type=feedback-report",
        "answered": b"Auto-Submitted: auto-replied\r\nX-Auto",
    }
    assert all(any(mark in raw for _, _, raw in letters) for mark in kinds.values())
    written = wait_for(lambda: lines if len(lines := manners.lines("reactions.log")) >= 3 else None)
    assert {(line["action"], line["status"]) for line in written} == {(kind, 250) for kind in kinds}
