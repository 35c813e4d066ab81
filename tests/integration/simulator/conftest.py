"""The worlds that these tests share: one without anything in the way, one made of odd providers."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.simulator.world import OPENED, World, simulator

PROFILES = {
    "far": """
domains = ["far.test"]
rtt_ms = 200
mx = [{ name = "mx.far.test", address = "127.20.50.1" }]
""",
    "near": """
domains = ["near.test"]
starttls = "on"
mx = [
  { name = "mx1.near.test", address = "127.20.51.1" },
  { name = "mx2.near.test", address = "127.20.51.2" },
]
[limits]
connections_per_address = 2
messages_per_session = 3
recipients_per_session = 4
message_bytes = 5000
""",
    "grey": """
domains = ["grey.test"]
mx = [{ name = "mx.grey.test", address = "127.20.52.1" }]
greylist = { share = 1.0, seconds = 0.3, reply = ["451 4.7.1 <{rcpt}>: greylisted"] }
""",
    "plainold": """
domains = ["plainold.test"]
pipelining = false
eightbit = false
smtputf8 = false
mx = [{ name = "mx.plainold.test", address = "127.20.53.1" }]
""",
    "moody": """
domains = ["moody.test"]
data_without_recipient = true
mx = [{ name = "mx.moody.test", address = "127.20.54.1" }]
unknown = { share = 0.25, reply = ["550-5.1.1 no such user", "550 5.1.1 <{rcpt}>"] }
full = { share = 0.5, attempts = 1, reply = ["452 4.2.2 full"] }
deferred = { share = 0.5, reply = ["451 4.3.0 not now"] }
slow = { share = 1.0, seconds = 0.2 }
""",
    "eager": """
domains = ["eager.test"]
mx = [{ name = "mx.eager.test", address = "127.20.55.1" }]
people = { opens = 1.0, proxied = 0.5, clicks = 1.0, unsubscribes = 1.0, scanners = 1.0, delay = [0.0, 0.1] }
""",
    "servfail": """
domains = ["broken-dns.test"]
mx = [{ name = "mx.broken-dns.test", address = "127.20.56.1" }]
faults = { dns = "servfail" }
""",
}


@pytest.fixture(autouse=True)
def _closed_connections() -> Iterator[None]:
    """No test leaves a connection open."""
    yield
    while OPENED:
        OPENED.pop().sock.close()


@pytest.fixture(scope="session")
def odd_profiles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A scenario folder of odd providers."""
    folder = tmp_path_factory.mktemp("odd")
    for name, text in PROFILES.items():
        (folder / f"{name}.toml").write_text(text)
    return folder


@pytest.fixture(scope="session")
def odd(tmp_path_factory: pytest.TempPathFactory, odd_profiles: Path) -> Iterator[World]:
    """The odd providers, running."""
    with simulator(tmp_path_factory.mktemp("odd-data"), str(odd_profiles), "--no-judge") as world:
        yield world


@pytest.fixture(scope="session")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The scenario `plain`, with its judge."""
    with simulator(tmp_path_factory.mktemp("plain-data"), "plain") as world:
        yield world
