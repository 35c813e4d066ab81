"""Which faults there are, in which world each happens, and which cannot be run here."""

from collections.abc import Callable
from dataclasses import dataclass

from scripts.faults.kills import kills
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


PLAN = (Fault(id="R01", title="kill -9 of children, parents and groups", act=kills),)
NOT_RUN = {
    "R06": "there is no SMTP submission server yet",
    "R35": "there are no webhooks yet",
}
