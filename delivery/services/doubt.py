"""Resolves *in doubt* when somebody has proven that the message arrived: who opened it has it."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from delivery.models.ledger import AttemptState
from delivery.services.settle import ADD_DELTAS, CONTROL_SHARD

#: Compare-and-set on the last attempt; what it adds to one sum it takes from the other, in the minute in
#: which the doubt was counted. One row: the number of messages. Parameters: `resolve_parameters`.
RESOLVE_SQL: Final = f"""
with last as (
  select g.message_id, g.category, a.number, a.state, a.campaign_id, a.host, a.provider_id, a.source_id,
    a.at, a.dated_at
  from (select message_id, min(category) as category
    from unnest(%(messages)s::uuid[], %(categories)s::text[]) u(message_id, category) group by 1) g
  cross join lateral (select * from delivery_attempt a
    where a.tenant_id = %(tenant)s and a.message_id = g.message_id order by a.number desc limit 1) a
  where a.state = %(in_doubt)s
), written as (
  insert into delivery_attempt (tenant_id, message_id, number, campaign_id, state, category, host,
    provider_id, source_id, dated_at)
  select %(tenant)s, message_id, number + 1, campaign_id, %(delivered)s, category, host, provider_id,
    source_id, dated_at from last order by message_id on conflict do nothing returning message_id
), deltas as (
  select coalesce(campaign_id, 0) as campaign_id, provider_id, d.state, d.minute, sum(d.n) as n
  from last join written using (message_id) cross join lateral (values
    (%(in_doubt)s, date_trunc('minute', last.at), -1), (%(delivered)s, date_trunc('minute', now()), 1)
  ) d(state, minute, n) group by 1, 2, 3, 4
{ADD_DELTAS}select count(*) from written
"""  # noqa: S608 - our own text


def resolve_parameters(tenant_id: UUID, proofs: Sequence[tuple[UUID, str]]) -> dict[str, Any]:
    """The parameters of RESOLVE_SQL; each proof is a message and what shows that it arrived (`opened`)."""
    return {
        "tenant": tenant_id,
        "messages": [message_id for message_id, _ in proofs],
        "categories": [category for _, category in proofs],
        "in_doubt": AttemptState.IN_DOUBT.value,
        "delivered": AttemptState.DELIVERED.value,
        "shard": CONTROL_SHARD,
    }
