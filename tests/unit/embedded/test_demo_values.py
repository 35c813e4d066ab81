"""What a demo is told and tells: ports, environment, secrets, the process table, the description."""

import os
import signal
import ssl
import stat
from pathlib import Path

import pytest
from cryptography import x509

from relay_saas.embedded import demo_secrets, info, lock
from relay_saas.embedded.environment import product
from relay_saas.embedded.exceptions import BadPortBase, NotRunning
from relay_saas.embedded.paths import DataDir
from relay_saas.embedded.ports import Ports
from relay_saas.embedded.processes import table
from relay_saas.embedded.signals import STOPPING, noticed

URLS = {
    "DATABASE_URL": "postgresql://relay_app@/relay?host=/s",
    "DATABASE_OWNER_URL": "postgresql://relay_owner@/relay?host=/s",
    "DATABASE_DISPATCH_URL": "postgresql://relay_dispatch@/relay?host=/s",
    "REDIS_URL": "unix:///s/v.sock?db=0",
}


@pytest.fixture
def data(tmp_path: Path) -> DataDir:
    return DataDir.at(tmp_path)


def test_two_port_bases_a_hundred_apart_share_no_port() -> None:
    names = ("web", "edge", "mailboxes", "smtp", "inbound", "submission", "submission_tls", "dns")
    one, two = ({getattr(Ports(base=base), name) for name in names} for base in (8000, 8100))
    assert len(one) == len(two) == len(names)
    assert not one & two


@pytest.mark.parametrize("base", [0, 80, 1023, 65500, 70000, -1])
def test_a_port_base_that_leaves_no_room_is_refused(base: int) -> None:
    with pytest.raises(BadPortBase, match="PORT_BASE must lie between"):
        Ports(base=base)


def test_every_secret_is_made_once_and_read_by_its_owner_alone(data: DataDir) -> None:
    first = demo_secrets.files(data.secrets, {})
    kept = {name: Path(path).read_text() for name, path in first.items()}
    assert {
        name: Path(path).read_text() for name, path in demo_secrets.files(data.secrets, {}).items()
    } == kept
    assert {stat.S_IMODE(Path(path).stat().st_mode) for path in first.values()} == {0o600}
    assert sorted(first) == [
        "RELAY_API_PEPPER_FILE",
        "RELAY_MASTER_KEYS_FILE",
        "RELAY_SECRET_KEY_FILE",
        "RELAY_TOKEN_KEYS_FILE",
    ]


def test_the_inbound_server_gets_a_certificate_of_its_own_unless_it_was_given_one(data: DataDir) -> None:
    told = product(data, Ports(base=8000), URLS, {})
    path = Path(told["RELAY_INBOUND_CERTIFICATE"])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(path)
    names = x509.load_pem_x509_certificate(path.read_bytes()).extensions
    assert names.get_extension_for_class(x509.SubjectAlternativeName).value.get_values_for_type(
        x509.DNSName
    ) == ["inbound.relay.test"]
    assert product(data, Ports(base=8000), URLS, {})["RELAY_INBOUND_CERTIFICATE"] == str(path)
    given = {"RELAY_INBOUND_CERTIFICATE": "/etc/mine.pem"}
    assert product(data, Ports(base=8000), URLS, given)["RELAY_INBOUND_CERTIFICATE"] == "/etc/mine.pem"


def test_the_submission_server_has_one_for_the_address_that_programs_are_given(data: DataDir) -> None:
    told = product(data, Ports(base=8000), URLS, {})
    certificate = x509.load_pem_x509_certificate(Path(told["RELAY_SUBMISSION_CERTIFICATE"]).read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [str(name) for name in names.get_values_for_type(x509.IPAddress)] == [
        told["RELAY_SUBMISSION_HOST"]
    ]
    assert (told["RELAY_SUBMISSION_PORT"], told["RELAY_SUBMISSION_TLS_PORT"]) == ("8087", "8065")


def test_two_installations_share_no_secret(tmp_path: Path) -> None:
    values = [
        Path(path).read_text()
        for name in ("a", "b")
        for path in demo_secrets.files(DataDir.at(tmp_path / name).secrets, {}).values()
    ]
    assert len(set(values)) == len(values)


def test_a_given_secret_is_not_made(data: DataDir) -> None:
    given = {"RELAY_SECRET_KEY": "mine", "RELAY_API_PEPPER_FILE": "/run/secrets/pepper"}
    assert sorted(demo_secrets.files(data.secrets, given)) == [
        "RELAY_MASTER_KEYS_FILE",
        "RELAY_TOKEN_KEYS_FILE",
    ]
    assert product(data, Ports(base=8000), URLS, given)["RELAY_SECRET_KEY"] == "mine"


def test_the_product_can_be_pointed_at_another_name_server_and_receiver(data: DataDir) -> None:
    given = {"RELAY_DNS": "192.0.2.1:53", "RELAY_SMTP_PORT": "25", "RELAY_DELIVERY_NETWORKS": "192.0.2.0/24"}
    told = product(data, Ports(base=8000), URLS, given)
    assert {name: told[name] for name in given} == given


def test_by_itself_the_product_asks_the_simulator(data: DataDir) -> None:
    told = product(data, Ports(base=9000), URLS, {})
    assert (told["RELAY_DNS"], told["RELAY_SMTP_PORT"]) == ("127.0.0.1:9053", "9025")
    assert told["RELAY_DELIVERY_NETWORKS"] == "127.20.0.0/16"


def test_libpqs_and_makes_own_variables_are_not_passed_on(data: DataDir) -> None:
    told = product(
        data, Ports(base=8000), URLS, {"PGHOST": "x", "MAKEFLAGS": "-j", "MFLAGS": "-j", "PATH": "/bin"}
    )
    assert told["PATH"] == "/bin"
    assert not {"PGHOST", "MAKEFLAGS", "MFLAGS"} & told.keys()


def test_the_process_table_starts_the_worker_of_this_egress_host(data: DataDir) -> None:
    told = product(data, Ports(base=8000), URLS, {"RELAY_HOST_ID": "tokyo1"})
    rows = {row.program.name: row for row in table(data, Ports(base=8000), told)}
    assert sorted(rows) == [
        *(
            "beat",
            "delivery",
            "edge",
            "inbound",
            "jobs",
            "simulator",
            "submission",
            "tasks",
            "web",
            "webhooks",
        ),
    ]
    assert "delivery.tokyo1" in rows["delivery"].program.argv
    assert [name for name, row in sorted(rows.items()) if row.restart] == [
        *("delivery", "edge", "jobs", "submission", "tasks", "web", "webhooks"),
    ]


def test_the_web_stops_before_the_workers_and_those_before_the_simulator(data: DataDir) -> None:
    told = product(data, Ports(base=8000), URLS, {})
    stages = {row.program.name: row.program.stage for row in table(data, Ports(base=8000), told)}
    assert stages["web"] > stages["delivery"] > stages["simulator"] > 1


def test_without_a_demo_the_description_says_so(tmp_path: Path) -> None:
    with pytest.raises(NotRunning, match="start one with `make demo`"):
        info.read(tmp_path)


def test_while_it_starts_the_description_asks_for_patience(data: DataDir) -> None:
    with lock.hold(data.lock), pytest.raises(NotRunning, match="still starting"):
        info.read(data.root)


def test_the_description_joins_what_the_start_and_the_story_know(data: DataDir) -> None:
    info.write(data, Ports(base=8000), URLS, {"web": 7})
    assert stat.S_IMODE(data.info.stat().st_mode) == 0o600
    with lock.hold(data.lock):
        before = info.read(data.root)
        data.story.write_text(
            '{"tenant": "acme", "api_key": "k", "owner_email": "e", "owner_password": "p", "x": 1}'
        )
        after = info.read(data.root)
    assert before["tenant"] is None
    assert before["process_ids"] == {"supervisor": os.getpid(), "web": 7}
    assert (after["tenant"], after["api_key"], after["owner_email"], after["owner_password"]) == (
        "acme",
        "k",
        "e",
        "p",
    )
    assert list(after) == [
        *(
            "base_url",
            "owner_url",
            "tenant",
            "api_key",
            "owner_email",
            "owner_password",
            "mailboxes_url",
            "dns",
        ),
        *("smtp_port", "smtp_submission", "ca_file", "data_dir", "process_ids"),
    ]


def test_a_hangup_that_nohup_ignores_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with noticed() as asked:
            os.kill(os.getpid(), signal.SIGHUP)
            assert not asked()
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.parametrize("number", STOPPING)
def test_each_stop_signal_is_noticed_and_kills_nothing(number: int) -> None:
    # Whoever started the tests may ignore hang-ups (nohup), and that is inherited.
    outer = signal.signal(number, signal.default_int_handler)
    try:
        with noticed() as asked:
            before = asked()
            os.kill(os.getpid(), number)
            assert (before, asked()) == (False, True)
    finally:
        signal.signal(number, outer)
