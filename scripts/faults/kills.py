"""R01, R02: kill -9 of a worker's child, its parent, all at once, with answers to dots held by the proxy."""

import os
import signal
import time
from contextlib import ExitStack
from pathlib import Path

import psutil

from scripts.faults.family import children, lives, speaks
from scripts.faults.gates import DOT, Gate
from scripts.faults.stage import Stage
from scripts.product_run.journals import Witness
from scripts.product_run.ledger import Books
from scripts.product_run.waiting import until

AUDIENCE = 2000
#: How many kills there are, and of whom: a child, the parent alone, all at once.
KILLS = int(os.environ.get("FAULT_KILLS") or 200)
WHOM = ("child", "child", "child", "child", "child", "child", "child", "parent", "group", "child")
#: Below these the run says nothing: scaled with the number of kills.
HELD_AT_LEAST, DOUBTS_AT_LEAST = 50 / 200, 30 / 200
_RUNS = "select pid, journal from delivery_queuerun where closed_at is null order by slot"


def kills(stage: Stage) -> None:
    """Kill after kill over as many campaigns as it takes; each campaign is accounted for."""
    people = stage.audience("deliberate.test", AUDIENCE)
    done = 0
    while done < KILLS:
        books = stage.send(people)
        until(lambda books=books: books.audience, seconds=60, what="the launch")  # type: ignore[misc]
        cut: set[str] = set()
        while done < KILLS and books.open > 150:
            cut |= kill(stage, books, WHOM[done % len(WHOM)], hold=stage.chance.random() < 0.6)
            done += 1
        stage.proxy.open_all()
        began = time.monotonic()
        stage.settle(books, seconds=300)
        report = stage.account(people, books, doubts=cut)
        stage.note(
            f"campaign {books.campaign}: {done} kills so far, {len(cut)} cut, "
            f"{time.monotonic() - began:.1f} s from the last kill to the end, {report['states']}"
        )
    figures = stage.result.figures
    stage.check(figures["held"] >= HELD_AT_LEAST * KILLS, "void: too few kills with a held answer")
    stage.check(figures["in_doubt"] >= DOUBTS_AT_LEAST * KILLS, "void: too few messages in doubt")


def kill(stage: Stage, books: Books, whom: str, *, hold: bool) -> set[str]:
    """One kill; returns the messages that the journals of the dead leave unanswered."""
    gate = stage.proxy.gate(DOT, stage.chance.randint(1, 6)) if hold else None
    if gate is None:
        until(lambda: stage.mend() or _runs(stage), seconds=60, what="a run")
        time.sleep(stage.chance.uniform(0, 0.8))
    else:
        until(lambda: stage.mend() or gate.held or books.finished, seconds=60, what="a held answer")
    with ExitStack() as stack:
        victims = _victims(stage, whom, gate)
        witnesses = [
            stack.enter_context(Witness(path)) for path in _journals(stage, victims) if path.exists()
        ]
        before = stage.proxy.cut
        for victim in victims:
            _kill(victim)
        if whom != "child":
            # What the parent left behind is ended with its session, as a container's end does it.
            until(lambda: stage.product.process("delivery").status is not None, seconds=10, what="the end")
            stage.product.respawn("delivery")
        until(lambda: not any(lives(victim) for victim in victims), seconds=10, what="the end of the victims")
        cut = set().union(*(witness.unanswered() for witness in witnesses))
    held = len(gate.held) if gate else 0
    if gate is not None:
        gate.open()
    figures = stage.result.figures
    figures["kills"] += 1
    figures[f"kills_{whom}"] += 1
    figures["held"] += held > 0
    figures["cut"] += len(cut)
    figures["kills_with_doubt"] += bool(cut)
    witnessed = stage.proxy.cut - before
    stage.note(f"kill -9 {whom}: held {held}, cut by the proxy's log {witnessed}, by the journals {len(cut)}")
    return cut


def _runs(stage: Stage) -> list[tuple[int, str]]:
    return stage.product.owner.execute(_RUNS).fetchall()


def _victims(stage: Stage, whom: str, gate: Gate | None) -> list[psutil.Process]:
    """Whom to kill now: with a gate, the child whose connection stands there."""
    found = until(lambda: stage.mend() or stage.children(), seconds=60, what="children of the worker")
    alive = list(found) if isinstance(found, list) else stage.children()
    if whom == "child":
        at_gate = [child for child in alive if gate is not None and speaks(child, gate)]
        running = {pid for pid, _journal in _runs(stage)}
        busy = [child for child in alive if child.pid in running]
        return [stage.chance.choice(at_gate or busy or alive)]
    worker = psutil.Process(stage.product.process("delivery").record.pid)
    return [worker, *alive] if whom == "group" else [worker]


def _journals(stage: Stage, victims: list[psutil.Process]) -> list[Path]:
    """Of the victims, and of their children."""
    pids = {victim.pid for victim in victims}
    for victim in victims:
        pids |= {child.pid for child in children(victim)}
    return [Path(journal) for pid, journal in _runs(stage) if pid in pids]


def _kill(process: psutil.Process) -> None:
    try:
        process.send_signal(signal.SIGKILL)
    except psutil.NoSuchProcess:
        return
