"""Suspends a site that loses the answers to our final dots: each of them is a message in doubt."""

import logging
from collections import defaultdict, deque
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

import psycopg
from psycopg_pool import PoolTimeout

from delivery.engine.content import Pool
from delivery.engine.policy import raise_policy
from delivery.models.policy import PolicyAction, Scope
from relay_saas.mail.replies import Stage
from relay_saas.mail.smtp.outcome import Kind, Outcome

LOG = logging.getLogger(__name__)

RULE: Final = "doubt"
IN_A_ROW: Final = 3
WINDOW: Final = 100
#: Of so many answers, more than these lost.
IN_WINDOW: Final = 2


@dataclass(slots=True, kw_only=True)
class Answers:
    """The last final dots of one site: true where the answer was lost."""

    lost: deque[bool] = field(default_factory=lambda: deque(maxlen=WINDOW))
    #: Suspended once: the next answer decides alone.
    probing: bool = False

    def heard(self, *, lost: bool) -> str:
        """Why the site must be suspended now; "" while it need not be."""
        self.lost.append(lost)
        reason, of_window = "", self.lost.count(True)
        if lost and self.probing:
            reason = "the probe's answer was lost as well"
        elif lost and len(self.lost) >= IN_A_ROW and all(list(self.lost)[-IN_A_ROW:]):
            reason = f"{IN_A_ROW} answers to final dots in a row were lost"
        elif len(self.lost) == WINDOW and of_window > IN_WINDOW:
            reason = f"{of_window} of {WINDOW} answers to final dots were lost"
        if reason:
            self.lost.clear()
        self.probing = bool(reason) or (self.probing and lost)
        return reason


class Breaker:
    """Of one run. What it decides, PostgreSQL keeps for all runs."""

    def __init__(self, pool: Pool, pause: timedelta) -> None:
        self._pool = pool
        self._pause = pause
        self._sites: defaultdict[int, Answers] = defaultdict(Answers)

    async def heard(self, site_id: int, outcome: Outcome) -> None:
        """Counts one outcome; a site that is suspended is tried by one connection afterwards."""
        if outcome.stage is not Stage.DOT:
            return
        reason = self._sites[site_id].heard(lost=outcome.kind is Kind.IN_DOUBT)
        if not reason:
            return
        LOG.error("site %s is suspended: %s (%s)", site_id, reason, outcome.peer.host)
        evidence = f"{outcome.peer.host}: {outcome.cause}"
        try:
            async with self._pool.connection() as connection:
                for action, lasts, value in (
                    (PolicyAction.CONNECTIONS, 3 * self._pause, 1),
                    (PolicyAction.SUSPEND, self._pause, None),
                ):
                    await raise_policy(
                        connection,
                        scope=Scope(site_id=site_id),
                        action=action,
                        lasts=lasts,
                        value=value,
                        rule=RULE,
                        reason=reason,
                        evidence=evidence,
                    )
        except (psycopg.OperationalError, PoolTimeout) as error:
            LOG.warning("the suspension waits for the next doubt: %s", error)
