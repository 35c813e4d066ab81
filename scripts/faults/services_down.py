"""R07–R11: Valkey stopped, flushed, full and slow; PostgreSQL restarted, down, crowded and locked."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

import psutil
import psycopg
import redis

from scripts.faults.stage import Stage
from scripts.product_run.campaigns import People
from scripts.product_run.ledger import Books
from scripts.product_run.waiting import until

AUDIENCE = 600
DOMAIN = "steady.test"
DOWN_SECONDS = 40
#: What an idle worker may use of one core while the database is away, and say.
IDLE_SHARE, LINES_A_MINUTE = 0.10, 100


def valkey_stopped(stage: Stage) -> None:
    """Ended by TERM in the midst of a campaign, and started again after ten seconds."""
    with _in_flight(stage):
        child = stage.product.process("valkey")
        child.popen.terminate()
        until(lambda: child.status is not None, seconds=30, what="the end of Valkey")
        time.sleep(10)
        stage.product.supervisor.respawn(child)


def valkey_flushed(stage: Stage) -> None:
    """Everything that it holds is gone."""
    with _in_flight(stage), _valkey(stage) as valkey:
        valkey.flushall()


def valkey_full(stage: Stage) -> None:
    """It takes no more for fifteen seconds."""
    with _in_flight(stage), _valkey(stage) as valkey:
        valkey.config_set("maxmemory", "1")
        time.sleep(15)
        stage.check(_page_status(stage) < 500, "a page failed while Valkey was full")
        valkey.config_set("maxmemory", "0")


def valkey_slow(stage: Stage) -> None:
    """Every command waits for up to half a second, for twenty seconds."""
    with _in_flight(stage), _valkey(stage) as valkey:
        for _ in range(20):
            valkey.execute_command("CLIENT", "PAUSE", "500", "ALL")  # type: ignore[no-untyped-call]  # redis-py
            time.sleep(1)


def postgres_restarted(stage: Stage) -> None:
    """Twice fast, twice immediate; nobody else is restarted by hand."""
    with _in_flight(stage):
        for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGINT, signal.SIGQUIT):
            restart_postgres(stage, number, down=0)
            began = time.monotonic()
            until(lambda: _page_status(stage) == 200, seconds=60, what="a page")
            stage.note(f"{signal.Signals(number).name}: a page again after {time.monotonic() - began:.1f} s")
            time.sleep(3)


def postgres_down(stage: Stage) -> None:
    """Stopped for a while: nobody works in vain, and nobody shouts."""
    with _in_flight(stage):
        processes = [*stage.children(), psutil.Process(stage.product.process("delivery").record.pid)]
        log = stage.product.data.log("delivery")
        before = {one.pid: sum(one.cpu_times()[:2]) for one in processes}
        lines, began = log.read_bytes().count(b"\n"), time.monotonic()
        restart_postgres(stage, signal.SIGINT, down=DOWN_SECONDS)
        took = time.monotonic() - began
        for one in processes:
            with suppress(psutil.NoSuchProcess):
                share = (sum(one.cpu_times()[:2]) - before[one.pid]) / took
                stage.note(f"process {one.pid} used {share:.1%} of a core while PostgreSQL was down")
                stage.check(share < IDLE_SHARE, f"a worker used {share:.1%} of a core without a database")
        said = (log.read_bytes().count(b"\n") - lines) * 60 / took / len(processes)
        stage.note(f"{said:.0f} log lines a minute and process")
        stage.check(said < LINES_A_MINUTE, f"{said:.0f} log lines a minute and process")


def postgres_crowded(stage: Stage) -> None:
    """No connection is left for fifteen seconds."""
    with _in_flight(stage):
        taken: list[psycopg.Connection[tuple[object, ...]]] = []
        with suppress(psycopg.OperationalError):
            # One by one: those that were made before the refusal have to stay.
            for _ in range(200):
                taken += [psycopg.connect(stage.product.owner_url)]
        stage.note(f"{len(taken)} connections taken")
        time.sleep(15)
        for connection in taken:
            connection.close()


def postgres_locked(stage: Stage) -> None:
    """The queue is locked by somebody else for fifteen seconds."""
    with _in_flight(stage), psycopg.connect(stage.product.owner_url) as locker:
        locker.execute("lock table delivery_queueentry in access exclusive mode")
        time.sleep(15)


@contextmanager
def _in_flight(stage: Stage) -> Iterator[tuple[People, Books]]:
    """A campaign of which a fifth is out; afterwards it has to come to its end without a doubt."""
    people = stage.audience(DOMAIN, AUDIENCE)
    books = stage.send(people)
    stage.in_flight(books, 0.2)
    yield people, books
    began = time.monotonic()
    # The connection may be new by now.
    books = Books(stage.product.owner, books.campaign)
    stage.settle(books)
    stage.note(f"ended {time.monotonic() - began:.1f} s after the fault")
    stage.account(people, books)


@contextmanager
def _valkey(stage: Stage) -> Iterator["redis.Redis"]:
    with redis.Redis.from_url(stage.product.environment["REDIS_URL"]) as valkey:
        yield valkey


def _page_status(stage: Stage) -> int:
    try:
        return stage.marketer.browser.get(f"/o/{stage.marketer.tenant}/").status
    except OSError:
        return 599


def restart_postgres(stage: Stage, number: int, *, down: float) -> None:
    """Stops PostgreSQL by this signal and starts it again; the stage's own connection is made anew."""
    supervisor = stage.product.supervisor
    child = stage.product.process("postgres")
    child.popen.send_signal(number)
    until(lambda: child.status is not None, seconds=60, what="the end of PostgreSQL")
    time.sleep(down)
    (stage.product.data.postgres / "postmaster.pid").unlink(missing_ok=True)
    supervisor.await_ready(supervisor.respawn(child), lambda: _answers(stage), seconds=60)
    stage.product.owner.close()
    stage.product = replace(stage.product, owner=psycopg.connect(stage.product.owner_url, autocommit=True))


def _answers(stage: Stage) -> bool:
    try:
        psycopg.connect(stage.product.owner_url, connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True
