"""The embedded PostgreSQL and Valkey, started for real in a folder of their own."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from relay_saas.embedded import privileges
from relay_saas.embedded.exceptions import AlreadyRunning, StepFailed
from relay_saas.embedded.paths import PROJECT
from relay_saas.embedded.privileges import Identity
from relay_saas.embedded.services import Services, services
from relay_saas.embedded.supervisor import Program, supervise
from tests.integration.waiting import until

# Starts the services, says so, and waits to be killed.
HOUSEHOLD = """
import sys, signal
from pathlib import Path
from relay_saas.embedded.services import services
with services(Path(sys.argv[1]), durable=True, given={}) as running:
    print(running.environment["DATABASE_OWNER_URL"], running.environment["REDIS_URL"], flush=True)
    signal.pause()
"""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    with services(tmp_path_factory.mktemp("s"), durable=False, given={}) as started:
        yield started


def processes_of(folder: Path) -> list[psutil.Process]:
    """The living processes whose command line names the folder."""
    return [
        process
        for process in psutil.process_iter(["cmdline", "status"])
        if process.info["status"] != psutil.STATUS_ZOMBIE
        and str(folder) in " ".join(process.info["cmdline"] or [])
    ]


def household(folder: Path) -> tuple[subprocess.Popen[str], list[str]]:
    """A process that runs services in `folder`, and the URLs that it printed."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOUSEHOLD, str(folder)], stdout=subprocess.PIPE, text=True, cwd=PROJECT
    )
    assert process.stdout is not None
    urls = process.stdout.readline().split()
    process.stdout.close()
    return process, urls


def value(url: str, query: str) -> object:
    """The single value that `query` answers."""
    with psycopg.connect(url) as connection:
        row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return row[0]


def keep_a_row(root: Path) -> None:
    """Start, write one row, stop."""
    with services(root, durable=False, given={}) as first:
        connection = psycopg.connect(first.environment["DATABASE_OWNER_URL"])
        with connection:
            connection.execute("create table kept as select 42 as n")


@pytest.mark.parametrize(
    ("name", "role", "passes_policies"),
    [
        ("DATABASE_URL", "relay_app", False),
        ("DATABASE_OWNER_URL", "relay_owner", True),
        ("DATABASE_DISPATCH_URL", "relay_dispatch", False),
    ],
)
def test_each_url_is_its_role_and_no_superuser(
    running: Services, name: str, role: str, passes_policies: bool
) -> None:
    with psycopg.connect(running.environment[name]) as connection:
        who = connection.execute(
            "select current_user, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb"
            " from pg_roles where rolname = current_user"
        ).fetchone()
    assert who == (role, False, passes_policies, False, role == "relay_owner")


def test_the_database_is_the_owners_and_nobody_else_makes_tables(running: Services) -> None:
    owner = "select pg_get_userbyid(datdba) from pg_database where datname = current_database()"
    assert value(running.environment["DATABASE_URL"], owner) == "relay_owner"
    with psycopg.connect(running.environment["DATABASE_OWNER_URL"]) as connection:
        connection.execute("create table of_the_owner (n int)")
    for name in ("DATABASE_URL", "DATABASE_DISPATCH_URL"):
        with psycopg.connect(running.environment[name]) as connection:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("create table mine (n int)")
            connection.rollback()
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("select * from of_the_owner")


def test_the_owner_cannot_become_the_others_unless_asked_for(running: Services, tmp_path: Path) -> None:
    owner = psycopg.connect(running.environment["DATABASE_OWNER_URL"])
    with owner, pytest.raises(psycopg.errors.InsufficientPrivilege):
        owner.execute("set role relay_app")
    for asked in (True, False):
        with services(tmp_path, durable=False, owner_may_be_all=asked, given={}) as other:
            query = "select pg_has_role('relay_owner', 'relay_app', 'set')"
            assert value(other.environment["DATABASE_OWNER_URL"], query) is asked


def test_postgresql_listens_on_no_port_counts_in_utc_and_compiles_nothing(running: Services) -> None:
    url = running.environment["DATABASE_URL"]
    wanted = {
        "listen_addresses": "",
        "TimeZone": "UTC",
        "jit": "off",
        "shared_buffers": "128MB",
        "max_connections": "100",
    }
    assert {name: value(url, f"show {name}") for name in wanted} == wanted


def test_text_is_utf8_and_sorts_alike_on_every_machine(running: Services) -> None:
    query = "select (datlocprovider, datlocale, pg_encoding_to_char(encoding))::text from pg_database"
    assert (
        value(running.environment["DATABASE_URL"], f"{query} where datname = 'relay'") == "(b,C.UTF-8,UTF8)"
    )


def test_valkey_refuses_rather_than_forgets(running: Services) -> None:
    client = redis.Redis.from_url(running.environment["REDIS_URL"])
    with client:
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        assert client.config_get("port") == {"port": "0"}


def test_both_are_durable_unless_asked_otherwise(tmp_path: Path) -> None:
    with services(tmp_path, given={}) as durable:
        url = durable.environment["DATABASE_URL"]
        assert [value(url, f"show {name}") for name in ("fsync", "synchronous_commit")] == ["on", "on"]
        with redis.Redis.from_url(durable.environment["REDIS_URL"]) as client:
            assert client.config_get("append*")["appendfsync"] == "everysec"
            assert client.config_get("append*")["appendonly"] == "yes"


def test_given_urls_win_each_on_its_own(tmp_path: Path) -> None:
    with services(tmp_path, durable=False, given={"REDIS_URL": "redis://broker.test/0"}) as started:
        assert started.environment["REDIS_URL"] == "redis://broker.test/0"
        assert sorted(started.supervisor.children) == ["postgres"]


def test_leaving_stops_every_process_and_the_lock_is_free(tmp_path: Path) -> None:
    with services(tmp_path, durable=False, given={}):
        assert len(processes_of(tmp_path)) >= 3
    assert processes_of(tmp_path) == []
    assert not (tmp_path / "children.json").exists()


def test_a_second_start_on_the_same_folder_is_refused_and_says_who_holds_it(running: Services) -> None:
    root = running.supervisor.data.root
    with pytest.raises(AlreadyRunning, match=f"process {os.getpid()} holds {root}"), services(root, given={}):
        pytest.fail("two supervisors on one folder")


def test_a_killed_supervisor_leaves_no_process_and_the_next_start_finds_the_data(tmp_path: Path) -> None:
    process, (owner_url, redis_url) = household(tmp_path)
    with psycopg.connect(owner_url) as connection:
        connection.execute("create table kept as select 42 as n")
    process.kill()
    process.wait()
    until(lambda: not processes_of(tmp_path), what="the end of every process")
    with services(tmp_path, given={}) as again:
        assert value(again.environment["DATABASE_OWNER_URL"], "select n from kept") == 42
        assert again.environment["REDIS_URL"] == redis_url


def test_after_a_kill_of_everything_the_next_start_recovers_at_once(tmp_path: Path) -> None:
    process, (owner_url, _) = household(tmp_path)
    with psycopg.connect(owner_url) as connection:
        connection.execute("create table kept as select 42 as n")
    for victim in [*processes_of(tmp_path), psutil.Process(process.pid)]:
        victim.kill()
    process.wait()
    assert json.loads((tmp_path / "children.json").read_text())
    with services(tmp_path, given={}) as again:
        assert value(again.environment["DATABASE_OWNER_URL"], "select n from kept") == 42
    assert processes_of(tmp_path) == []


def test_a_next_start_right_after_a_kill_waits_for_the_guardian(tmp_path: Path) -> None:
    process, _ = household(tmp_path)
    process.kill()
    process.wait()
    with services(tmp_path, given={}) as again:
        assert value(again.environment["DATABASE_URL"], "select 1") == 1


def test_a_stale_number_in_postmaster_pid_does_not_stop_the_start(tmp_path: Path) -> None:
    with services(tmp_path, durable=False, given={}):
        pass
    (tmp_path / "postgres" / "postmaster.pid").write_text(f"{os.getpid()}\n")
    with services(tmp_path, durable=False, given={}) as again:
        assert value(again.environment["DATABASE_URL"], "select 1") == 1


def test_what_a_program_leaves_in_its_session_is_killed_with_it(tmp_path: Path) -> None:
    script = "import subprocess; print(subprocess.Popen(['sleep', '300']).pid, flush=True)"
    with supervise(tmp_path) as supervisor:
        child = supervisor.spawn(Program(name="parent", argv=(sys.executable, "-c", script)))
        until(lambda: child.status is not None, what="the end of the parent")
        orphan = int(supervisor.data.log("parent").read_text())
        assert psutil.pid_exists(orphan)
    until(lambda: not psutil.pid_exists(orphan) or psutil.Process(orphan).status() == psutil.STATUS_ZOMBIE)


def test_a_program_that_ignores_its_stop_signal_is_killed_after_its_grace(tmp_path: Path) -> None:
    script = "import signal; signal.signal(15, signal.SIG_IGN); print('deaf', flush=True); signal.pause()"
    with supervise(tmp_path) as supervisor:
        child = supervisor.spawn(Program(name="deaf", argv=(sys.executable, "-c", script), grace=0.2))
        until(lambda: "deaf" in supervisor.data.log("deaf").read_text())
    assert child.status == -signal.SIGKILL


def test_a_failed_step_names_its_log_file(tmp_path: Path) -> None:
    with (
        supervise(tmp_path) as supervisor,
        pytest.raises(StepFailed, match=r"migrate ended with status 3; see .*/migrate\.log"),
    ):
        supervisor.run(Program(name="migrate", argv=("sh", "-c", "exit 3")))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become somebody else")
def test_root_without_user_namespaces_runs_postgresql_by_setpriv(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if shutil.which("setpriv") is None:
        pytest.skip("setpriv is not installed")
    keep_a_row(tmp_path)
    works = privileges.works
    monkeypatch.setattr(
        privileges, "works", lambda identity: identity is Identity.SETPRIV and works(identity)
    )
    with services(tmp_path, durable=False, given={}) as started:
        postgres = psutil.Process(started.supervisor.children["postgres"].record.pid)
        assert postgres.username() == "nobody"
        assert value(started.environment["DATABASE_OWNER_URL"], "select n from kept") == 42
    monkeypatch.undo()
    with services(tmp_path, durable=False, given={}) as back:
        assert value(back.environment["DATABASE_OWNER_URL"], "select n from kept") == 42
