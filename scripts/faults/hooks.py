"""R35: a webhook receiver that is dead for a day, beside one that lives, while a campaign goes out."""

import json
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from relay_saas.embedded.supervisor import Program
from scripts.faults.stage import Stage
from scripts.product_run.product import run_python
from scripts.product_run.waiting import until

DOMAIN, AUDIENCE = "steady.test", 2000
#: Seconds within which nineteen in twenty calls of the living one are made, counted from the server's answer.
SOON = 5.0
#: Calls of one endpoint that may wait at once; what lies behind them costs nothing.
MOST_WAITING = 1000
#: How often within the day its time comes.
TIMES = 8

_STATES = "select state, count(*) from tracking_webhookcall where endpoint_id = %s group by state"
_LATE = """
select percentile_cont(0.95) within group (order by extract(epoch from w.at - a.at))
from tracking_webhookcall c join tracking_webhookattempt w on w.tenant_id = c.tenant_id and w.call_id = c.id
  and w.number = 1
join delivery_attempt a on a.tenant_id = c.tenant_id and a.message_id = c.message_id and a.state = 1
where c.endpoint_id = %s
"""
_DUE = "update tracking_webhookcall set next_attempt_at = now() where endpoint_id = %s and state = 'waiting'"
_AWAKE = "update tracking_webhookendpoint set open_until = now() where id = %s"
_DAY = "update tracking_webhookendpoint set failing_since = now() - interval '24 hours' where id = %s"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hook:
    """An endpoint and where its receiver would listen."""

    id: int
    port: int


def dead_for_a_day(stage: Stage) -> None:
    """The living one hears of everything soon; the dead one waits within bounds, and misses nothing."""
    dead, alive = _add(stage), _add(stage)
    people = stage.audience(DOMAIN, AUDIENCE)
    with _receiver(stage, alive, "alive") as seen:
        books = stage.send(people)
        stage.settle(books)
        events = books.counters()["delivered"]
        _all_delivered(stage, alive, events)
    stage.check(seen["ids"] == events, f"{events} deliveries, the living receiver saw {seen['ids']}")
    late = stage.product.owner.execute(_LATE, [alive.id]).fetchone()
    stage.note(f"19 of 20 calls of the living one within {late[0]:.2f} s" if late else "void: no call")
    stage.check(late and late[0] < SOON, f"the dead one delayed the living one: {late}")
    stage.product.owner.execute(_DAY, [dead.id])
    for _ in range(TIMES):
        _its_time_comes(stage, dead)
        time.sleep(2)
    states = _states(stage, dead)
    stage.note(f"after the day: {states} of {events} events are calls of the dead one")
    stage.check(states.keys() <= {"waiting"}, f"calls of the dead one ended: {states}")
    stage.check(states.get("waiting", 0) <= MOST_WAITING, f"the backlog is not bounded: {states}")
    with _receiver(stage, dead, "dead") as seen:
        _all_delivered(stage, dead, events, meanwhile=lambda: _its_time_comes(stage, dead))
    stage.check(seen["ids"] == events, f"{events} deliveries, the other receiver saw {seen['ids']}")
    stage.note(f"back: {seen['calls']} calls for {seen['ids']} events")
    stage.account(people, books)


def _add(stage: Stage) -> _Hook:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = int(one.getsockname()[1])
    url = f"http://127.0.0.1:{port}/hook"
    product = stage.product
    made = run_python(
        "-m", "scripts.product_run.webhook", product.cast.tenant_id, url, environment=product.environment
    )
    return _Hook(id=int(json.loads(made)["id"]), port=port)


@contextmanager
def _receiver(stage: Stage, hook: _Hook, name: str) -> Iterator[dict[str, int]]:
    """A receiver at its place; what it saw is there when the block has ended."""
    seen: dict[str, int] = {}
    path = Path(stage.product.data.root) / f"hooks-{name}.json"
    argv = (sys.executable, "-m", "scripts.bench.hook_sink", str(hook.port), str(path))
    environment = dict(stage.product.environment)
    supervisor = stage.product.supervisor
    child = supervisor.spawn(
        Program(name=f"hook receiver {name}", argv=argv, environment=environment, stage=2)
    )
    try:
        yield seen
    finally:
        child.popen.terminate()
        until(lambda: child.status is not None, seconds=20, what="the receiver's end")
        supervisor.children.pop(child.program.name, None)
    seen |= json.loads(path.read_text(encoding="utf-8"))


def _states(stage: Stage, hook: _Hook) -> dict[str, int]:
    return dict(stage.product.owner.execute(_STATES, [hook.id]).fetchall())


def _its_time_comes(stage: Stage, hook: _Hook) -> bool:
    """The waits of a day are over: what waits is due, and the endpoint has rested."""
    stage.product.owner.execute(_DUE, [hook.id])
    stage.product.owner.execute(_AWAKE, [hook.id])
    return False


def _all_delivered(stage: Stage, hook: _Hook, events: int, meanwhile: object = None) -> None:
    def done() -> bool:
        if callable(meanwhile):
            meanwhile()
        return _states(stage, hook).get("delivered", 0) >= events

    until(done, seconds=120, what=f"{events} calls")
