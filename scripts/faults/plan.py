"""Which faults there are, in which world each happens, and which cannot be run here."""

from collections.abc import Callable
from dataclasses import dataclass

from scripts.faults import (
    control,
    copies,
    drips,
    hooks,
    odd,
    posted,
    services_down,
    submitted,
    upgrade,
    visits,
    workers,
)
from scripts.faults.kills import kills
from scripts.faults.points import points
from scripts.faults.stage import Stage

Settings = tuple[tuple[str, str], ...]
#: Three children, so that one of them is always alive.
CHILDREN: Settings = (("RELAY_QUEUE_RUNS", "3"),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One row of the plan; ids are those of tests/cases/faults.json."""

    id: str
    title: str
    act: Callable[[Stage], None]
    world: str = "deliberate"
    settings: Settings = CHILDREN


#: Short enough that a stop and a lease can be waited for.
SHORT: Settings = (*CHILDREN, ("RELAY_STOP_GRACE", "12"), ("RELAY_LEASE_SECONDS", "9"))
#: As in production: a run outlives every deadline of a session.
PATIENT: Settings = (*CHILDREN, ("RELAY_STOP_GRACE", "660"))

PLAN = (
    Fault(id="R01", title="kill -9 of children, parents and groups", act=kills),
    Fault(id="R03", title="kill -9 at twelve named points", act=points),
    Fault(id="R05", title="kill -9 of the web server under posts and clicks", act=control.web_killed),
    Fault(id="R06", title="kill -9 of the submission server in DATA", act=submitted.submission_killed),
    Fault(id="R06-post", title="kill -9 of the web server in POST", act=posted.web_killed_in_post),
    Fault(id="R07-stop", title="Valkey stopped", act=services_down.valkey_stopped),
    Fault(id="R07-flush", title="Valkey flushed", act=services_down.valkey_flushed),
    Fault(id="R08-full", title="Valkey full", act=services_down.valkey_full),
    Fault(id="R08-slow", title="Valkey slow", act=services_down.valkey_slow),
    Fault(id="R09", title="PostgreSQL restarted, fast and immediate", act=services_down.postgres_restarted),
    Fault(id="R10", title="PostgreSQL down", act=services_down.postgres_down),
    Fault(id="R11-crowd", title="no connection left", act=services_down.postgres_crowded),
    Fault(id="R11-lock", title="the queue locked by somebody else", act=services_down.postgres_locked),
    Fault(id="R12", title="421 at every stage", act=odd.said_later),
    Fault(id="R16", title="closed in the midst of DATA", act=odd.closed_in_data),
    Fault(id="R20", title="expired certificate", act=odd.broken_tls),
    Fault(id="R21", title="huge, binary and HTML replies", act=odd.nonsense),
    Fault(id="R26", title="every task three times", act=workers.rung_for_too_often),
    Fault(id="R27", title="twenty clicks at once", act=workers.many_clicks),
    Fault(id="R28", title="two schedulers, one paused", act=workers.two_schedulers),
    Fault(id="R31", title="one domain that does not answer", act=odd.one_slow_domain),
    Fault(id="R32", title="pause, resume, cancel", act=control.paused_and_cancelled),
    Fault(id="R34", title="500 opens and clicks a second", act=visits.burst),
    Fault(id="R33", title="one recipient in a hundred is poison", act=odd.poison),
    Fault(id="R17", title="closed after the dot", act=odd.closed_after_dot),
    Fault(id="R18", title="replies a byte every ten seconds", act=drips.dripping, settings=PATIENT),
    Fault(id="R04", title="TERM", act=workers.stopped, settings=SHORT),
    Fault(
        id="R04-held",
        title="TERM, dots open beyond the grace",
        act=workers.stopped_with_open_dots,
        settings=SHORT,
    ),
    Fault(
        id="R04-kill", title="TERM, then kill -9 of all", act=workers.killed_while_stopping, settings=SHORT
    ),
    Fault(id="R29", title="paused for three leases", act=workers.paused, settings=SHORT),
    Fault(id="R25", title="clocks ahead and behind", act=workers.clocks_shifted, settings=SHORT),
    Fault(id="R24", title="the journals' disk full", act=copies.disk_full, settings=SHORT),
    Fault(
        id="R35",
        title="a webhook receiver dead for a day",
        act=hooks.dead_for_a_day,
        settings=(
            *CHILDREN,
            ("RELAY_WEBHOOK_NETWORKS", "127.0.0.0/8"),
            ("RELAY_WEBHOOK_PORTS", "1-65535"),
        ),
    ),
    Fault(id="R36", title="a version forward and back", act=upgrade.upgraded_and_back, settings=SHORT),
    Fault(id="R37", title="restored from a dump", act=copies.restored, settings=SHORT),
)
#: By id: why it is not here.
NOT_RUN = {
    "R38": "two hours: not within a bounded run",
}
