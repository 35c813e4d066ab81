"""kill -9 of the submission server in DATA: what was answered is there, what was not is sent again, once."""

import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from relay_saas.mail.ids import parse_id
from scripts.product_run.submitters import Submitters
from tests.integration.certificates import server_context
from tests.integration.submission import Shop, make_shop
from tests.integration.waiting import until

pytestmark = pytest.mark.usefixtures("committed")

ROOT = Path(__file__).resolve().parents[2]
KILLS = 5
SEED = int(os.environ.get("FAULT_SEED") or time.time())


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


@pytest.fixture
def settings_of(tmp_path: Path) -> dict[str, str]:
    server_context(tmp_path, name="smtp.relay.test")
    return os.environ | {
        "RELAY_SUBMISSION_PORT": str(free_port()),
        "RELAY_SUBMISSION_TLS_PORT": str(free_port()),
        "RELAY_SUBMISSION_CERTIFICATE": str(tmp_path / "server.pem"),
    }


@contextmanager
def running(environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "manage.py", "run_submission"]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("listening")
        try:
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            process.wait(20)


def test_nothing_that_was_answered_is_lost_and_nothing_is_there_twice(settings_of: dict[str, str]) -> None:
    shop, chance = make_shop(), random.Random(SEED)
    submitters = submitters_of(shop, settings_of)
    for number in range(KILLS):
        with running(settings_of) as process:
            if number == 0:
                submitters.start(6)
            wanted = len(submitters.answered) + chance.randrange(5, 25)
            until(lambda wanted=wanted: len(submitters.answered) >= wanted, what="answers")
            process.kill()
    with running(settings_of) as process:
        submitters.stop()
    assert submitters.refused == []
    assert submitters.repeated >= KILLS, f"void, seed {SEED}"
    assert sorted(shop.messages()) == sorted(submitters.answered), f"seed {SEED}"
    ids = {str(submission.pk) for submission in shop.submissions()}
    assert {str(parse_id("em", answer)) for answer in submitters.answered.values()} == ids
    assert process.returncode == 0


def test_several_processes_share_the_ports_and_stop_together(settings_of: dict[str, str]) -> None:
    shop = make_shop()
    environment = settings_of | {"RELAY_SUBMISSION_PROCESSES": "2"}
    submitters = submitters_of(shop, environment)
    with running(environment) as process:
        submitters.start(4)
        until(lambda: len(submitters.answered) >= 8, what="answers")
        submitters.stop()
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    assert sorted(shop.messages()) == sorted(submitters.answered)


def submitters_of(shop: Shop, environment: dict[str, str]) -> Submitters:
    return Submitters(
        port=int(environment["RELAY_SUBMISSION_TLS_PORT"]),
        username=shop.username,
        password=shop.password,
        sender=shop.sender,
        domain="steady.test",
    )
