"""The simulator as processes: it counts, it recovers, and no child outlives it."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from relay_saas.simulator.command import main
from tests.integration.simulator.world import ROOT, World, alive, simulator, wait_for

MESSAGE = b"Message-ID: <1@x.test>\r\nFrom: a@x.test\r\n\r\nx\r\n"


def take(world: World, recipient: str) -> str:
    client = world.connect("127.20.9.1")
    client.ask("EHLO mx1.relay.test\r\n")
    return client.deliver(recipient, MESSAGE)


def test_status_counts_what_is_there(tmp_path: Path) -> None:
    with simulator(tmp_path, "plain") as world:
        for number in range(3):
            assert take(world, f"c{number}@acme.test").startswith("250")
        take(world, "c@elsewhere.test")
        wait_for(lambda: len(world.lines("verdicts-1.log")) == 3 and world.lines("refused-1.log"))
        command = [sys.executable, "-m", "relay_saas.simulator", "status", "--data", str(tmp_path)]
        counts = json.loads(subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout)
    assert counts["accepted_by_provider"] == {"corporate": 3}
    assert counts["refused"] == {"corporate": {"relay": 1}}
    assert counts["verdicts"]["judged"] == 3


def test_no_child_outlives_a_parent_that_is_killed(tmp_path: Path) -> None:
    with simulator(tmp_path, "plain") as world:
        pids = json.loads((tmp_path / "simulator.json").read_text())["process_ids"]
        assert set(pids) == {"parent", "dns", "smtp-1", "mailboxes", "judge"}
        assert all(alive(pid) for pid in pids.values())
        world.process.send_signal(signal.SIGKILL)
        world.process.wait()
        wait_for(lambda: not any(alive(pid) for pid in pids.values()))


def test_an_interrupt_stops_all_and_the_state_file_is_gone(tmp_path: Path) -> None:
    with simulator(tmp_path, "plain") as world:
        pids = json.loads((tmp_path / "simulator.json").read_text())["process_ids"]
        world.process.send_signal(signal.SIGINT)
        assert world.process.wait(15) == 0
        assert not any(alive(pid) for pid in pids.values())
        assert not (tmp_path / "simulator.json").exists()


def test_a_child_that_dies_ends_the_run_with_an_error(tmp_path: Path) -> None:
    with simulator(tmp_path, "plain") as world:
        pids = json.loads((tmp_path / "simulator.json").read_text())["process_ids"]
        subprocess.run(["kill", "-9", str(pids["judge"])], check=True)
        assert world.process.wait(15) == 1
        assert not any(alive(pid) for pid in pids.values())


def test_torn_ends_are_cut_and_the_log_goes_on(tmp_path: Path) -> None:
    with simulator(tmp_path, "plain") as world:
        take(world, "before@acme.test")
        wait_for(lambda: world.lines("verdicts-1.log"))
    for name, torn in (
        ("received-1.log", b'{"time": 1'),
        ("messages-1.mbox", b"\0\0\0"),
        ("verdicts-1.log", b"{"),
    ):
        with (tmp_path / name).open("ab") as file:
            file.write(torn)
    with simulator(tmp_path, "plain") as world:
        take(world, "after@acme.test")
        wait_for(lambda: len(world.lines("verdicts-1.log")) == 2)
        lines = world.lines("received-1.log")
    assert [line["rcpt"] for line in lines] == ["before@acme.test", "after@acme.test"]
    stored = (tmp_path / "messages-1.mbox").read_bytes()
    assert stored[lines[1]["offset"] :][: lines[1]["size"]] == MESSAGE
    assert len(stored) == 2 * (8 + len(MESSAGE))


def test_providers_can_be_shared_among_processes(tmp_path: Path) -> None:
    with simulator(tmp_path, "plain", "--smtp-processes", "2", "--no-judge") as world:
        for address, recipient in (("127.20.9.1", "a@acme.test"), ("127.20.7.1", "a@au.test")):
            client = world.connect(address)
            client.ask("EHLO mx1.relay.test\r\n")
            assert client.deliver(recipient, MESSAGE).startswith("250")
        assert world.lines("received-1.log")
        assert world.lines("received-2.log")


def test_an_unknown_scenario_is_a_clear_error(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["--data", str(tmp_path), "--scenario", "no-such-world"]) == 1
    assert "no scenario 'no-such-world'" in capfd.readouterr().err
