"""What becomes of a running product when one of its processes dies."""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from relay_saas.embedded import probes
from relay_saas.embedded.exceptions import ChildDied, DidNotStart, Interrupted
from relay_saas.embedded.processes import Row
from relay_saas.embedded.supervisor import Program, Supervisor, supervise
from relay_saas.embedded.watch import TOO_OFTEN, Watch
from tests.integration.waiting import until

ASLEEP = (sys.executable, "-c", "import signal; print('up', flush=True); signal.pause()")


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    with supervise(tmp_path) as started:
        yield started


def started(supervisor: Supervisor, *, restart: bool, argv: tuple[str, ...] = ASLEEP) -> Watch:
    """A watch over one process called `worker`."""
    program = Program(name="worker", argv=argv, grace=1.0)
    supervisor.spawn(program)
    row = Row(program=program, ready=probes.at_once, restart=restart)
    return Watch(supervisor=supervisor, rows={"worker": row}, report=lambda _text: None)


def kill(supervisor: Supervisor, name: str) -> int:
    """Kill a process; returns its number once it is dead."""
    child = supervisor.children[name]
    os.kill(child.record.pid, signal.SIGKILL)
    until(lambda: child.status is not None)
    return child.record.pid


def test_while_all_live_there_is_nothing_to_do(supervisor: Supervisor) -> None:
    assert started(supervisor, restart=False).check() is False


def test_a_dead_worker_is_started_again(supervisor: Supervisor) -> None:
    watch = started(supervisor, restart=True)
    dead = kill(supervisor, "worker")
    assert watch.check() is True
    again = supervisor.children["worker"]
    assert again.record.pid != dead
    assert again.status is None


def test_a_worker_that_cannot_live_is_given_up_with_the_name_of_its_log(supervisor: Supervisor) -> None:
    watch = started(supervisor, restart=True, argv=("sh", "-c", "exit 3"))
    with pytest.raises(ChildDied, match=r"worker ended by itself with status 3; see .*/worker\.log"):
        until(lambda: watch.check() and False)
    assert watch._early_deaths["worker"] == TOO_OFTEN


def test_the_death_of_any_other_process_names_its_log(supervisor: Supervisor) -> None:
    watch = started(supervisor, restart=False)
    kill(supervisor, "worker")
    with pytest.raises(ChildDied, match=r"worker\.log"):
        watch.check()


def test_a_service_without_a_row_must_not_die_either(supervisor: Supervisor) -> None:
    supervisor.spawn(Program(name="postgres", argv=ASLEEP))
    watch = Watch(supervisor=supervisor, rows={}, report=lambda _text: None)
    kill(supervisor, "postgres")
    with pytest.raises(ChildDied, match="postgres ended by itself with status -9"):
        watch.check()


def test_the_story_may_end(supervisor: Supervisor) -> None:
    watch = started(supervisor, restart=False)
    story = Program(name="story", argv=("sh", "-c", "exit 4"), ends=True)
    assert supervisor.run_beside(story, lambda: watch.check() or supervisor.pause()) == 4
    assert sorted(supervisor.children) == ["worker"]


def test_a_process_that_ends_before_it_is_ready_is_named(supervisor: Supervisor) -> None:
    child = supervisor.spawn(Program(name="web", argv=("sh", "-c", "exit 5")))
    with pytest.raises(DidNotStart, match=r"web did not start: it ended with status 5; see .*/web\.log"):
        supervisor.await_ready(child, lambda: False, seconds=20)


def test_a_silent_process_is_not_awaited_for_ever(supervisor: Supervisor) -> None:
    child = supervisor.spawn(Program(name="web", argv=ASLEEP))
    with pytest.raises(DidNotStart, match="it is silent"):
        supervisor.await_ready(child, lambda: False, seconds=0.1)


def test_the_log_probe_believes_only_what_is_new(supervisor: Supervisor) -> None:
    log = supervisor.data.log("web")
    log.write_text("up\n")
    probe = probes.says(log, "up")
    assert probe() is False
    supervisor.await_ready(supervisor.spawn(Program(name="web", argv=ASLEEP)), probe, seconds=20)


def test_whoever_is_asked_to_stop_stops_waiting(tmp_path: Path) -> None:
    asked: list[int] = []
    with supervise(tmp_path, stopping=lambda: bool(asked)) as supervisor:
        child = supervisor.spawn(Program(name="web", argv=ASLEEP))
        asked.append(signal.SIGTERM)
        with pytest.raises(Interrupted):
            supervisor.await_ready(child, lambda: False, seconds=20)
    assert child.status is not None
