"""The remote servers of the bad-input cases, as far as a profile can express them."""

import select
import socket
from typing import Any

import pytest

from tests.cases.loader import load
from tests.integration.simulator.world import MAIL, Client, World, simulator

MESSAGE = b"Subject: x\r\n\r\nx\r\n"
#: What the engine's own scripted server plays instead: endless, dripping, malformed or gigantic replies.
NOT_A_PROVIDER = {
    "sink-005", "sink-007", "sink-030", "sink-033", "sink-039", "sink-050",
}  # fmt: skip
FAULTS = ("banner", "banner_delay", "ehlo", "mail", "rcpt", "dot", "dot_delay", "rst_after")
FEATURES = ("pipelining", "eightbit", "smtputf8")
EXPRESSIBLE = {*FAULTS, *FEATURES, "mx", "size", "max_conn", "starttls"}
CASES = {case["id"]: case["input"]["behave"] for _, case in load("sink_behaviours")}


def profile(number: int, behave: dict[str, Any]) -> str:
    """The TOML profile of a case."""
    lines = [f'domains = ["sink{number}.test"]']
    lines += [f"{name} = {str(behave[name]).lower()}" for name in FEATURES if name in behave]
    lines += [f'starttls = "{behave["starttls"]}"'] if "starttls" in behave else []
    for at, kind in enumerate(behave.get("mx", ["ok"])):
        lines += ["[[mx]]", f'name = "mx{at}.sink{number}.test"', f"preference = {10 + at}"]
        lines += [f'address = "127.20.{100 + number}.{at + 1}"', f'behaviour = "{kind}"']
    faults = {name: behave[name] for name in FAULTS if name in behave}
    lines += ["[faults]", *(f"{name} = {_toml(value)}" for name, value in faults.items())]
    lines += ["[limits]", f"message_bytes = {behave.get('size', 25_000_000)}"]
    lines += [f"connections_per_address = {behave.get('max_conn', 20)}"]
    return "\n".join(lines) + "\n"


def _toml(value: object) -> str:
    if not isinstance(value, str):
        return str(value)
    escaped = (
        value.replace("\\", "\\\\").replace("\r\n", "\\r\\n").replace("\0", "\\u0000").replace('"', '\\"')
    )
    return f'"{escaped}"'


@pytest.fixture(scope="module")
def sinks(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("sinks")
    for case, behave in CASES.items():
        if case not in NOT_A_PROVIDER:
            number = int(case.partition("-")[2])
            (folder / f"s{number}.toml").write_text(profile(number, behave), encoding="utf-8")
    with simulator(tmp_path_factory.mktemp("sink-data"), str(folder), "--no-judge") as world:
        yield world


def connect(world: World, number: int, host: int = 1) -> Client:
    client = world.connect(f"127.20.{100 + number}.{host}")
    client.ask("EHLO mx1.relay.test\r\n")
    return client


def send(world: World, number: int) -> str:
    return connect(world, number).deliver(f"a@sink{number}.test", MESSAGE)


@pytest.mark.parametrize(
    ("number", "reply"),
    [
        (1, "250"),
        (8, "451 later"),
        (9, "550 bad sender"),
        (12, "550 5.1.1 unknown"),
        (14, "552 5.2.2 full"),
        (15, "250"),
        (17, "451 later"),
        (18, "550 5.7.1 spam"),
        (26, "421 closing"),
        (27, "250"),
        (28, "OK"),
        (29, "999 what"),
        (31, "550 ÿ\0<script>alert(1)</script>"),
        (36, "250"),
    ],
)
def test_a_host_answers_as_the_case_says(sinks: World, number: int, reply: str) -> None:
    assert send(sinks, number).startswith(reply)


def test_a_busy_banner_and_a_refused_ehlo(sinks: World) -> None:
    assert sinks.connect("127.20.102.1").banner == "421 busy"
    client = sinks.connect("127.20.106.1")
    assert client.ask("EHLO x.test\r\n") == "500 no"
    assert client.ask("HELO x.test\r\n").startswith("250")
    assert client.deliver("a@sink6.test", MESSAGE).startswith("250")


def test_a_multi_line_reply_counts_by_its_last_line(sinks: World) -> None:
    client = connect(sinks, 34)
    client.ask(MAIL)
    assert client.ask("RCPT TO:<a@sink34.test>\r\n") == "250-ok\r\n550 no"
    assert client.ask("DATA\r\n").startswith("554")


@pytest.mark.parametrize("number", [24, 25])
def test_a_dot_can_stay_unanswered_for_long_while_the_message_is_taken(sinks: World, number: int) -> None:
    client = connect(sinks, number)
    for step in (MAIL, f"RCPT TO:<a@sink{number}.test>\r\n", "DATA\r\n"):
        client.ask(step)
    client.send(MESSAGE + b".\r\n")
    assert not select.select([client.sock], [], [], 0.5)[0]
    assert [line for line in sinks.lines("received-1.log") if line["rcpt"] == f"a@sink{number}.test"]


def test_a_reset_follows_the_250(sinks: World) -> None:
    client = connect(sinks, 27)
    assert client.deliver("a@sink27.test", MESSAGE).startswith("250")
    with pytest.raises(ConnectionResetError):
        client.sock.recv(1)


def test_hosts_refuse_and_hang(sinks: World) -> None:
    with pytest.raises(ConnectionRefusedError):
        sinks.connect("127.20.147.1")
    assert connect(sinks, 47, host=2).deliver("a@sink47.test", MESSAGE).startswith("250")
    with socket.create_connection(("127.20.148.1", sinks.smtp_port), 5) as silent:
        assert not select.select([silent], [], [], 0.5)[0]
    assert connect(sinks, 48, host=2).deliver("a@sink48.test", MESSAGE).startswith("250")


def test_what_is_not_offered(sinks: World) -> None:
    for number, missing in ((41, "SMTPUTF8"), (42, "8BITMIME"), (44, "PIPELINING")):
        assert missing not in sinks.connect(f"127.20.{100 + number}.1").ask("EHLO x.test\r\n")
    assert "SIZE 1000" in sinks.connect("127.20.143.1").ask("EHLO x.test\r\n")
    first = connect(sinks, 46)
    assert sinks.connect("127.20.146.1").banner.startswith("421")
    assert first.deliver("a@sink46.test", MESSAGE).startswith("250")


def test_an_expired_certificate_is_offered(sinks: World) -> None:
    client = connect(sinks, 36)
    client.start_tls()
    client.ask("EHLO x.test\r\n")
    assert client.deliver("tls@sink36.test", MESSAGE).startswith("250")
    assert [line["tls"] for line in sinks.lines("received-1.log") if line["rcpt"] == "tls@sink36.test"] == [
        "TLSv1.3"
    ]


def test_only_known_cases_are_left_to_the_engine(sinks: World) -> None:
    left = {
        name for name, behave in CASES.items() if set(behave) - EXPRESSIBLE or "inject" in behave.values()
    }
    assert left == NOT_A_PROVIDER
