"""Looks after running processes: a dead worker is started again, any other death ends everything."""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from relay_saas.embedded.exceptions import ChildDied
from relay_saas.embedded.processes import Row
from relay_saas.embedded.supervisor import Child, Supervisor

# A worker that dies sooner than this has not worked; after so many in a row it never will.
TOO_SOON = 10.0
TOO_OFTEN = 5


@dataclass(slots=True, kw_only=True)
class Watch:
    """Over the processes of one supervisor."""

    supervisor: Supervisor
    #: By name; a process without a row (a service) must not die.
    rows: Mapping[str, Row]
    #: Hears of each restart, in words.
    report: Callable[[str], None]
    _early_deaths: Counter[str] = field(default_factory=Counter)

    def check(self) -> bool:
        """Start dead workers again; whether there was one. Raises ChildDied, naming the log, for the rest."""
        children = self.supervisor.children.values()
        dead = [child for child in children if child.status is not None and not child.program.ends]
        for child in dead:
            self._replace(child)
        return bool(dead)

    def _replace(self, child: Child) -> None:
        name = child.program.name
        early = time.time() - child.record.born < TOO_SOON
        self._early_deaths[name] = self._early_deaths[name] + 1 if early else 0
        row = self.rows.get(name)
        if row is None or not row.restart or self._early_deaths[name] >= TOO_OFTEN:
            log = self.supervisor.data.log(name)
            raise ChildDied(f"{name} ended by itself with status {child.status}; see {log}")
        self.report(f"{name} ended with status {child.status} and is started again")
        self.supervisor.respawn(child)
