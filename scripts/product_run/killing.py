"""Kills children of the delivery worker at a moment at which they have messages past DATA."""

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

    pid: int
    #: Messages whose final dot may have been written and had no answer when the child died.
    cut: frozenset[str]


def kill_a_child(product: Product, *, dots: int, seconds: float) -> Kill:
    """Waits for a child with so many unanswered dots, kills it, reads what its journal then says."""
    with ExitStack() as stack:
        pid, witness = until(lambda: _victim(product, dots), seconds=seconds, what=f"{dots} dots are open")
        stack.enter_context(witness)
        victim = psutil.Process(pid)
        victim.send_signal(SIGKILL)
        until(lambda: _is_dead(victim), seconds=5, what=f"the end of {pid}")
        kill = Kill(pid=pid, cut=frozenset(witness.unanswered()))
    sys.stdout.write(f"  kill -9 {pid} with {len(kill.cut)} dots open (waited for {dots})\n")
    return kill


def _victim(product: Product, dots: int) -> tuple[int, Witness] | None:
    worker = psutil.Process(product.process("delivery").record.pid)
    # A killed child stays a zombie until the worker notices.
    children = {child.pid for child in worker.children() if not _is_dead(child)}
    for pid, journal in product.owner.execute(_RUNS).fetchall():
        witness = Witness(Path(journal))
        if pid in children and witness.path.exists():
            with witness:
                if len(witness.unanswered()) >= dots:
                    return pid, Witness(witness.path)
    return None


def _is_dead(process: psutil.Process) -> bool:
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
