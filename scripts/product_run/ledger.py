"""What the database says, asked by SQL as its owner."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

import psycopg
from psycopg import sql

from scripts.accounting.ledger import STATES
from scripts.accounting.witness import mailbox

_TABLES = """
select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname = 'public' and c.relkind in ('r', 'p') and not c.relispartition order by 1
"""


class Books:
    """The ledger of one campaign."""

    def __init__(self, owner: psycopg.Connection[Any], campaign: int) -> None:
        self._owner, self.campaign = owner, campaign

    def value(self, query: str, *parameters: object) -> Any:
        """The one value of a query."""
        row = self._owner.execute(query, parameters or None).fetchone()
        return row[0] if row else None

    @property
    def state(self) -> str:
        """draft, launching, sending, paused, sent or cancelled."""
        return str(self.value("select state from campaigns_campaign where id = %s", self.campaign))

    @property
    def finished(self) -> bool:
        """Whether nothing is left to do."""
        finished_at = "select finished_at is not null from campaigns_campaign where id = %s"
        return bool(self.value(finished_at, self.campaign))

    @property
    def written(self) -> int:
        """Messages."""
        return int(self.value("select count(*) from delivery_message where campaign_id = %s", self.campaign))

    @property
    def open(self) -> int:
        """Messages that still wait."""
        return int(
            self.value("select count(*) from delivery_queueentry where campaign_id = %s", self.campaign)
        )

    @property
    def audience(self) -> int:
        """What the launch wrote down."""
        return int(self.value("select audience from campaigns_campaign where id = %s", self.campaign) or 0)

    def counters(self) -> dict[str, int]:
        """Messages by final state, from the counters."""
        query = "select state, sum(n)::bigint from delivery_counter where campaign_id = %s group by 1"
        counted = self._owner.execute(query, [self.campaign]).fetchall()
        return {STATES[state]: int(n) for state, n in counted if state in STATES and n}

    def attempts(self, address: str) -> list[tuple[int, str]]:
        """(state, category) of every attempt to an address, in order."""
        return self.histories().get(address, [])

    def first_attempts_took(self) -> float:
        """Seconds from the launch request to the last answer to a first attempt."""
        query = """select extract(epoch from max(a.at) - min(c.launched_at)) from campaigns_campaign c
            join delivery_attempt a on a.tenant_id = c.tenant_id and a.campaign_id = c.id and a.number = 1
            where c.id = %s"""
        return float(self.value(query, self.campaign))

    def histories(self) -> dict[str, list[tuple[int, str]]]:
        """(state, category) of every attempt, in order, by address."""
        found = self._owner.execute(
            """select m.rcpt_key, a.state, a.category from delivery_attempt a
            join delivery_message m on m.tenant_id = a.tenant_id and m.id = a.message_id
            where m.campaign_id = %s order by m.rcpt_key, a.number""",
            [self.campaign],
        )
        histories: dict[str, list[tuple[int, str]]] = defaultdict(list)
        for address, state, category in found.fetchall():
            histories[mailbox(address)].append((state, category))
        return dict(histories)

    def messages(self) -> set[str]:
        """The ids of all its messages."""
        query = "select id::text from delivery_message where campaign_id = %s"
        return {message for (message,) in self._owner.execute(query, [self.campaign]).fetchall()}

    def engagements(self, *, machine: bool | None = None) -> Counter[str]:
        """Engagements by kind: all, or those of machines or of people."""
        found = self._owner.execute(
            """select kind, count(*) from tracking_engagement
            where campaign_id = %s and machine is not distinct from coalesce(%s, machine) group by 1""",
            [self.campaign, machine],
        )
        return Counter(dict(found.fetchall()))

    def people_who(self, kind: str) -> int:
        """Messages with a person's engagement of that kind."""
        return int(
            self.value(
                """select count(distinct message_id) from tracking_engagement
                where campaign_id = %s and kind = %s and not machine""",
                self.campaign,
                kind,
            )
        )

    def in_state(self, state: int) -> set[str]:
        """The message ids whose last attempt says so."""
        found = self._owner.execute(
            """select message_id::text from (select distinct on (message_id) message_id, state
            from delivery_attempt where campaign_id = %s order by message_id, number desc) last
            where state = %s""",
            [self.campaign, state],
        )
        return {message for (message,) in found.fetchall()}


def row_counts(owner: psycopg.Connection[Any], *, leave_out: Iterable[str] = ()) -> dict[str, int]:
    """The number of rows of every table."""
    names = [name for (name,) in owner.execute(_TABLES).fetchall() if name not in set(leave_out)]
    count = sql.SQL("select count(*) from {}")
    return {
        name: int((owner.execute(count.format(sql.Identifier(name))).fetchone() or [0])[0]) for name in names
    }
