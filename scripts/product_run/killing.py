"""Kills the delivery worker or a part of it at a moment at which it has messages past DATA."""

import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from signal import SIGKILL

import psutil

from scripts.product_run.journals import Witness
from scripts.product_run.product import Product
from scripts.product_run.waiting import until

_RUNS = "select pid, journal from delivery_queuerun where closed_at is null order by slot"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kill:
    """One kill -9."""

    #: "child", "parent" (its children are ended when the worker is started again) or "group".
    whom: str
    #: Messages whose final dot may have been written and had no answer when their process died.
    cut: frozenset[str]


def kill(product: Product, whom: str, *, dots: int, seconds: float) -> Kill:
    """Waits for a child with so many unanswered dots, kills, reads what the journals of the dead then say."""
    with ExitStack() as stack:
        found = until(lambda: _victim(product, dots), seconds=seconds, what=f"{dots} dots are open")
        pid, paths = found or (0, {})
        wanted = [paths[pid]] if whom == "child" else list(paths.values())
        witnesses = [stack.enter_context(Witness(path)) for path in wanted]
        worker = psutil.Process(product.process("delivery").record.pid)
        victims = {"child": [psutil.Process(pid)], "parent": [worker], "group": [worker, *worker.children()]}
        for victim in victims[whom]:
            victim.send_signal(SIGKILL)
        until(lambda: all(map(_is_dead, victims[whom])), seconds=5, what="the end of the killed")
        if whom != "child":
            until(lambda: product.process("delivery").status is not None, seconds=5, what="the worker's end")
            product.respawn("delivery")
        done = Kill(whom=whom, cut=frozenset().union(*(witness.unanswered() for witness in witnesses)))
    sys.stdout.write(f"  kill -9 {whom} with {len(done.cut)} dots open (waited for {dots})\n")
    return done


def _victim(product: Product, dots: int) -> tuple[int, dict[int, Path]] | None:
    """A child with so many unanswered dots, and the journals of all children by process."""
    worker = psutil.Process(product.process("delivery").record.pid)
    # A killed child stays a zombie until the worker notices.
    children = {child.pid for child in worker.children() if not _is_dead(child)}
    runs = dict(product.owner.execute(_RUNS).fetchall())
    paths = {
        pid: Path(journal) for pid, journal in runs.items() if pid in children and Path(journal).exists()
    }
    for pid, path in paths.items():
        with Witness(path) as witness:
            if len(witness.unanswered()) >= dots:
                return pid, paths
    return None


def _is_dead(process: psutil.Process) -> bool:
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
