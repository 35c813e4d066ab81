"""The ledger, read by SQL as the database's owner."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

import psycopg

from scripts.accounting.witness import mailbox

STATES = {
    1: "delivered", 3: "bounced", 4: "failed", 5: "suppressed", 6: "expired", 7: "cancelled", 8: "in_doubt",
}  # fmt: skip
IN_DOUBT = (8, 9)

_CAMPAIGN = """
select c.tenant_id, c.audience from campaigns_campaign c join accounts_tenant t on t.id = c.tenant_id
where t.slug = %s and c.id = %s
"""
_MESSAGES = """
select m.id, m.rcpt, q.message_id is not null, q.run_id is not null,
  array_agg(a.state order by a.number) filter (where a.number is not null)
from delivery_message m
left join delivery_queueentry q on q.tenant_id = m.tenant_id and q.message_id = m.id
left join delivery_attempt a on a.tenant_id = m.tenant_id and a.message_id = m.id
where m.tenant_id = %s and m.campaign_id = %s group by 1, 2, 3, 4
"""
_FOREIGN = "select id from delivery_message where id = any(%s::uuid[])"
_COUNTERS = (
    "select state, sum(n)::bigint from delivery_counter where tenant_id = %s and campaign_id = %s group by 1"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One message and what its attempts say."""

    message: UUID
    rcpt: str
    queued: bool
    leased: bool
    attempts: tuple[int, ...]

    @property
    def final(self) -> str | None:
        """The name of its final state; None while it is open."""
        return STATES.get(self.attempts[-1]) if self.attempts and not self.queued else None

    @property
    def was_in_doubt(self) -> bool:
        """Whether some attempt's answer was lost."""
        return any(state in IN_DOUBT for state in self.attempts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """One campaign's ledger; `audience` is what the launch wrote down."""

    audience: int
    entries: dict[UUID, Entry]
    counters: dict[str, int] = field(default_factory=dict)
    #: Messages of other campaigns and of the API that the receivers took as well.
    foreign: frozenset[UUID] = frozenset()


def read_ledger(url: str, tenant: str, campaign: int, seen: Iterable[UUID] = ()) -> Ledger:
    """Reads a campaign in one snapshot; `seen` are the messages that the receivers took."""
    with psycopg.connect(url) as owner:
        owner.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        row = owner.execute(_CAMPAIGN, [tenant, campaign]).fetchone()
        if row is None:
            raise SystemExit(f"no campaign {campaign} of {tenant}")
        tenant_id, audience = row
        entries = {}
        for message, rcpt, queued, leased, attempts in owner.execute(_MESSAGES, [tenant_id, campaign]):
            entries[message] = Entry(
                message=message,
                rcpt=mailbox(rcpt),
                queued=queued,
                leased=leased,
                attempts=tuple(attempts or ()),
            )
        others = owner.execute(_FOREIGN, [sorted(set(seen) - entries.keys())]).fetchall()
        counted = owner.execute(_COUNTERS, [tenant_id, campaign]).fetchall()
    counters = {STATES[state]: int(n) for state, n in counted if state in STATES and n}
    return Ledger(
        audience=audience or 0,
        entries=entries,
        counters=counters,
        foreign=frozenset(row[0] for row in others),
    )
