"""R38: campaign after campaign with a fault by chance every now and then; what grows, and what is lost."""

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass

import psutil

from scripts.faults import gates
from scripts.faults.acts import LATER, Act
from scripts.faults.points import kill_all
from scripts.faults.services_down import restart_postgres
from scripts.faults.stage import Stage
from scripts.product_run.ledger import Books
from scripts.product_run.waiting import until

DOMAIN = "steady.test"
AUDIENCE = 600
#: Two hours are FAULT_SOAK=7200; there is a fault in every campaign, twice a minute or so.
SECONDS = float(os.environ.get("FAULT_SOAK") or 600)
#: Nothing kills these here: what they hold is compared with what they held when they were warm.
LASTING = ("web", "edge", "inbound", "beat", "tasks")
WARM = 1 / 3
#: Share that their memory may grow by, files and connections that may come, rows that may lie about.
MEMORY, FILES, CONNECTIONS, DEAD = 0.05, 10, 10, 20_000
_CONNECTIONS = "select count(*) from pg_stat_activity where backend_type = 'client backend'"
_DEAD = "select max(n_dead_tup) from pg_stat_user_tables"


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What the lasting processes and the database hold: octets, open files, connections, dead rows."""

    memory: int
    files: int
    connections: int
    dead: int


def soak(stage: Stage) -> None:
    """Each campaign is accounted for; in doubt is only what a killed child had open."""
    people = stage.audience(DOMAIN, AUDIENCE)
    began = time.monotonic()
    warm: Held | None = None
    campaigns = 0
    while time.monotonic() - began < SECONDS:
        books = stage.send(people)
        stage.in_flight(books, stage.chance.uniform(0.05, 0.3))
        name = stage.chance.choice(sorted(FAULTS))
        cut = FAULTS[name](stage)
        # The connection may be new by now.
        books = Books(stage.product.owner, books.campaign)
        stage.settle(books)
        stage.account(people, books, doubts=cut)
        campaigns += 1
        stage.note(f"{time.monotonic() - began:.0f} s: {name}, {len(cut)} in doubt")
        if warm is None and time.monotonic() - began > WARM * SECONDS:
            warm = _held(stage)
    now = _held(stage)
    stage.note(f"{campaigns} campaigns and faults in {time.monotonic() - began:.0f} s")
    stage.note(f"warm {warm}; at the end {now}")
    _compare(stage, warm or now, now)


def _compare(stage: Stage, warm: Held, now: Held) -> None:
    growth = now.memory / warm.memory - 1
    stage.check(growth < MEMORY, f"memory grew by {growth:.1%}")
    stage.check(now.files <= warm.files + FILES, f"open files: {warm.files}, then {now.files}")
    stage.check(
        now.connections <= warm.connections + CONNECTIONS,
        f"connections: {warm.connections}, then {now.connections}",
    )
    stage.check(now.dead <= DEAD, f"{now.dead} dead rows in one table")


def _held(stage: Stage) -> Held:
    owner = stage.product.owner
    parents = [psutil.Process(stage.product.process(name).record.pid) for name in LASTING]
    processes = [one for parent in parents for one in (parent, *parent.children(recursive=True))]
    connections, dead = owner.execute(_CONNECTIONS).fetchone(), owner.execute(_DEAD).fetchone()
    return Held(
        memory=sum(one.memory_info().rss for one in processes),
        files=sum(one.num_fds() for one in processes),
        connections=int(connections[0]) if connections else 0,
        dead=int(dead[0]) if dead else 0,
    )


def _kill(stage: Stage) -> set[str]:
    return kill_all(stage)[0]


def _database(stage: Stage) -> set[str]:
    restart_postgres(stage, stage.chance.choice((signal.SIGINT, signal.SIGQUIT)), down=0)
    return set()


def _broker(stage: Stage) -> set[str]:
    return _again(stage, "valkey")


def _deployment(stage: Stage) -> set[str]:
    return _again(stage, "delivery")


def _again(stage: Stage, name: str) -> set[str]:
    child = stage.product.process(name)
    child.popen.terminate()
    until(lambda: child.status is not None, seconds=60, what=f"the end of {name}")
    stage.product.supervisor.respawn(child)
    return set()


def _refusals(stage: Stage) -> set[str]:
    stage.proxy.acts = [Act(point=point, times=5, words=LATER) for point in (gates.MAIL, gates.DATA)]
    return set()


FAULTS: dict[str, Callable[[Stage], set[str]]] = {
    "kill -9 of the children": _kill,
    "PostgreSQL restarted": _database,
    "Valkey restarted": _broker,
    "TERM and a new worker": _deployment,
    "421": _refusals,
}
