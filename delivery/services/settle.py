"""Ends queue entries without an SMTP answer (suppressed, cancelled, expired, no such domain)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from delivery.models.ledger import AttemptState

#: Rows that nobody holds. `%(state)s` is a final state, or DEFERRED together with `%(next_attempt_at)s`.
_STATEMENT: Final = """
with chosen as materialized (
  select q.tenant_id, q.message_id, q.attempts, q.campaign_id, q.lane_id, q.dated_at
  from delivery_queueentry q {source}
  where q.run_id is null and {condition}
  order by q.tenant_id, q.message_id limit %(limit)s for no key update of q {locking}
), known as (
  select c.*, coalesce(s.provider_id, 0) as provider_id from chosen c
  left join delivery_lane l on l.tenant_id = c.tenant_id and l.id = c.lane_id
  left join delivery_site s on s.id = l.site_id
), attempts as (
  insert into delivery_attempt (tenant_id, message_id, number, campaign_id, state, category, rule, stage,
    provider_id, at, dated_at, next_attempt_at)
  select tenant_id, message_id, attempts + 1, campaign_id, %(state)s, %(category)s, %(rule)s, '',
    provider_id, now(), dated_at, %(next_attempt_at)s::timestamptz from known
), {queue}
rolled as (
  insert into delivery_rollup as r (tenant_id, campaign_id, minute, provider_id, state, shard, n)
  select tenant_id, coalesce(campaign_id, 0), date_trunc('minute', now()), provider_id, %(state)s, %(shard)s,
    count(*) from known group by 1, 2, 4 order by 1, 2, 4
  on conflict (tenant_id, campaign_id, minute, provider_id, state, shard) do update set n = r.n + excluded.n
)
select count(*) from chosen
"""

_SETTLE: Final = """gone as (
  delete from delivery_queueentry q using chosen c
  where q.tenant_id = c.tenant_id and q.message_id = c.message_id
), counted as (
  insert into delivery_counter as k (tenant_id, campaign_id, state, shard, n)
  select tenant_id, coalesce(campaign_id, 0), %(state)s, %(shard)s, count(*) from chosen
  group by 1, 2 order by 1, 2
  on conflict (tenant_id, campaign_id, state, shard) do update set n = k.n + excluded.n
),"""

_DEFER: Final = """later as (
  update delivery_queueentry q set attempts = q.attempts + 1, next_attempt_at = %(next_attempt_at)s,
    dated_at = coalesce(q.dated_at, now()),
    expires_at = case when q.attempts = 0 then least(q.expires_at, now() + %(expiry)s) else q.expires_at end
  from chosen c where q.tenant_id = c.tenant_id and q.message_id = c.message_id
),"""

#: The end of a statement that changes an outcome: `deltas` (campaign_id, provider_id, state, minute, n), one
#: row a key, goes into both sums. Parameters: `tenant`, `shard`.
ADD_DELTAS: Final = """), counted as (
  insert into delivery_counter as k (tenant_id, campaign_id, state, shard, n)
  select %(tenant)s, campaign_id, state, %(shard)s, sum(n) from deltas group by 2, 3 order by 2, 3
  on conflict (tenant_id, campaign_id, state, shard) do update set n = k.n + excluded.n
), rolled as (
  insert into delivery_rollup as r (tenant_id, campaign_id, minute, provider_id, state, shard, n)
  select %(tenant)s, campaign_id, minute, provider_id, state, %(shard)s, n from deltas
  order by campaign_id, minute, provider_id, state
  on conflict (tenant_id, campaign_id, minute, provider_id, state, shard) do update set n = r.n + excluded.n
)
"""

#: Shards of the rows that no queue run writes.
CONTROL_SHARD: Final = 99


def settle_sql(*, source: str = "", condition: str, wait: bool = False) -> str:
    """The statement that ends the chosen entries; `wait` for locked rows, else pass them by.

    Its one row is the number of entries. Parameters: those of `Settlement`, `limit`, and the condition's own.
    """
    return _compose(source, condition, _SETTLE, wait=wait)


def defer_sql(*, source: str = "", condition: str) -> str:
    """The same, but the entries stay and are due again at `next_attempt_at`."""
    return _compose(source, condition, _DEFER, wait=False)


def _compose(source: str, condition: str, queue: str, *, wait: bool) -> str:
    locking = "" if wait else "skip locked"
    parts = {"source": source, "condition": condition, "queue": queue, "locking": locking}
    return _STATEMENT.format_map(parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """What becomes of the chosen entries."""

    state: AttemptState
    category: str
    rule: str = ""
    #: Only for a deferral: when it is due again, and how long retries go on after the first failure.
    next_attempt_at: datetime | None = None
    expiry: timedelta | None = None

    def parameters(self, *, limit: int | None = None, **condition: Any) -> dict[str, Any]:
        """The parameters of the statement; `limit` None takes all."""
        return {
            "state": self.state.value,
            "category": self.category,
            "rule": self.rule,
            "next_attempt_at": self.next_attempt_at,
            "expiry": self.expiry,
            "shard": CONTROL_SHARD,
            "limit": limit,
            **condition,
        }
