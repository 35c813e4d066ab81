"""R03: kill -9 of a child at twelve named points, placed by the proxy and by locks in the database."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

import psutil
import psycopg

from scripts.faults import gates
from scripts.faults.family import lives
from scripts.faults.red_switch import LIFT, SUSPEND
from scripts.faults.stage import Stage
from scripts.product_run.campaigns import People
from scripts.product_run.journals import Witness
from scripts.product_run.ledger import Books
from scripts.product_run.waiting import until

AUDIENCE = 60
DOMAIN = "steady.test"
_RUNS = "select pid, journal from delivery_queuerun where closed_at is null"
_LEASED = "select exists (select from delivery_queueentry where run_id is not null)"
#: Whether somebody waits for the table that we have locked.
_WAITS = "select exists (select from pg_locks where not granted and relation = %s::regclass)"


def points(stage: Stage) -> None:
    """One small campaign a point; in doubt is what the journals of the dead say, at every point."""
    for name, reached in POINTS.items():
        people = stage.audience(DOMAIN, AUDIENCE)
        with ExitStack() as stack:
            books = stack.enter_context(reached(stage, people))
            cut, dead = kill_all(stage)
        stage.proxy.open_all()
        stage.settle(books)
        report = stage.account(people, books, doubts=cut)
        stage.note(f"{name}: {dead} killed, {len(cut)} in doubt, {report['accepted']} copies")
        if name in CLEAN:
            stage.check(not cut, f"{name}: {len(cut)} in doubt where no dot was written")
    mid_body(stage)


def mid_body(stage: Stage) -> None:
    """The proxy itself kills, at the first bytes of a body: the journal has hardly been written by then."""
    people = stage.audience(DOMAIN, AUDIENCE)
    gate = stage.proxy.gate(gates.DATA, 100)
    books = stage.send(people)
    until(lambda: gate.held, seconds=60, what="a session at 354")
    time.sleep(0.3)
    held = {one.client for one in gate.held}
    with ExitStack() as stack:
        runs = dict(stage.product.owner.execute(_RUNS).fetchall())
        victims = [child for child in stage.children() if child.pid in runs and _arm(stage, child, held)]
        witnesses = [stack.enter_context(Witness(Path(runs[one.pid]))) for one in victims]
        gate.open()
        until(lambda: not any(map(lives, victims)), seconds=10, what="the kill at the body")
        cut = set().union(*(witness.unanswered() for witness in witnesses))
    stage.result.figures["kills"] += len(victims)
    stage.settle(books)
    report = stage.account(people, books, doubts=cut)
    stage.note(f"mid body: {len(victims)} killed, {len(cut)} in doubt, {report['accepted']} copies")


def _arm(stage: Stage, child: psutil.Process, held: set[tuple[str, int]]) -> bool:
    """Lets the proxy kill this child at the first body of a session that it holds; whether there is one."""
    ends = {(one.laddr.ip, one.laddr.port) for one in child.net_connections("tcp") if one.laddr} & held
    for end in ends:
        stage.proxy.at_body[end] = lambda: _kill(child.pid)
    return bool(ends)


def _waits(stage: Stage, table: str) -> bool:
    row = stage.product.owner.execute(_WAITS, [table]).fetchone()
    return row is not None and bool(row[0])


def kill_all(stage: Stage) -> tuple[set[str], int]:
    """Kills every child with a run; the messages that their journals leave unanswered, and how many died."""
    with ExitStack() as stack:
        runs = dict(stage.product.owner.execute(_RUNS).fetchall())
        victims = [child for child in stage.children() if child.pid in runs]
        paths = [Path(runs[victim.pid]) for victim in victims]
        witnesses = [stack.enter_context(Witness(path)) for path in paths if path.exists()]
        for victim in victims:
            _kill(victim.pid)
        until(lambda: not any(map(lives, victims)), seconds=10, what="the end of the children")
        stage.result.figures["kills"] += len(victims)
        return set().union(*(witness.unanswered() for witness in witnesses)), len(victims)


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


Reached = Callable[[Stage, People], AbstractContextManager[Books]]


@contextmanager
def _before_claim_commit(stage: Stage, people: People) -> Iterator[Books]:
    """The claim waits for a lock on the queue, and nothing of it is committed."""
    owner = stage.product.owner
    owner.execute(SUSPEND)
    books = stage.send(people)
    until(lambda: books.audience, seconds=60, what="the launch")
    with psycopg.connect(stage.product.owner_url) as locker:
        locker.execute("lock table delivery_queueentry in share mode")
        owner.execute(LIFT)
        until(lambda: _waits(stage, "delivery_queueentry"), seconds=60, what="a claim that waits")
        yield books


@contextmanager
def _after_claim(stage: Stage, people: People) -> Iterator[Books]:
    gate = stage.proxy.gate(gates.CONNECT, 100)
    books = stage.send(people)
    until(lambda: books.value(_LEASED), seconds=60, what="a claim")
    gate.open()
    yield books


def _at(point: str) -> Reached:
    @contextmanager
    def reached(stage: Stage, people: People) -> Iterator[Books]:
        gate = stage.proxy.gate(point, 100)
        books = stage.send(people)
        until(lambda: gate.held, seconds=60, what=f"a session at {point}")
        # The others arrive as well.
        time.sleep(0.3)
        stage.result.figures["held"] += len(gate.held)
        yield books

    return reached


@contextmanager
def _before_commit(stage: Stage, people: People) -> Iterator[Books]:
    """Answers come, and their outcomes cannot be written: the journal alone knows them."""
    with psycopg.connect(stage.product.owner_url) as locker:
        locker.execute("lock table delivery_attempt in share mode")
        books = stage.send(people)
        until(lambda: _waits(stage, "delivery_attempt"), seconds=60, what="outcomes that wait")
        yield books


@contextmanager
def _after_commit(stage: Stage, people: People) -> Iterator[Books]:
    books = stage.send(people)
    until(lambda: books.counters().get("delivered"), seconds=60, what="a committed delivery")
    yield books


@contextmanager
def _after_the_end(stage: Stage, people: People) -> Iterator[Books]:
    books = stage.send(people)
    stage.settle(books)
    yield books


POINTS = {
    "before the claim's commit": _before_claim_commit,
    "after the claim": _after_claim,
    "after connect": _at(gates.CONNECT),
    "after MAIL": _at(gates.MAIL),
    "after RCPT": _at(gates.RCPT),
    "after DATA": _at(gates.DATA),
    "before the dot arrives": _at(gates.BODY),
    "after the dot, before its answer": _at(gates.DOT),
    "after the answer, before the commit": _before_commit,
    "after the commit": _after_commit,
    "after the campaign's end": _after_the_end,
}
#: Where no final dot can have been written.
CLEAN = (
    *(
        "before the claim's commit",
        "after the claim",
        "after connect",
        "after MAIL",
        "after RCPT",
        "after DATA",
    ),
    "after the campaign's end",
)
