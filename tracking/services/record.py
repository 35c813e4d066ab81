"""Writes a batch of engagements: the rows, the first of each kind per message, and the sums, in one
statement."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.models.tenant import new_id

# A reaction within a second of the delivery came from a program that read the mail on its way in.

RECORD_SQL = """
with given as (
  select * from unnest(%(messages)s::uuid[], %(ids)s::uuid[], %(kinds)s::text[], %(links)s::smallint[],
    %(machines)s::bool[],
    %(reasons)s::text[], %(addresses)s::text[], %(agents)s::text[], %(times)s::timestamptz[])
    g(message_id, id, kind, link_index, machine, reason, address, user_agent, at)
), known as (
  select g.message_id, g.id, g.kind, g.link_index, g.machine or soon as machine,
    case when g.machine or not soon then g.reason else 'too_soon' end as reason,
    g.address, g.user_agent, g.at, m.campaign_id
  from given g join delivery_message m on m.tenant_id = %(tenant)s and m.id = g.message_id
  cross join lateral (select g.kind in ('opened', 'clicked') and exists (select from delivery_attempt a
    where a.tenant_id = m.tenant_id and a.message_id = m.id and a.state = 1
      and a.at > g.at - interval '1 second') as soon) s
), written as (
  insert into tracking_engagement (tenant_id, message_id, id, kind, campaign_id, link_index, machine,
    reason, address, user_agent, at)
  select %(tenant)s, message_id, id, kind, campaign_id, link_index, machine, reason, address, user_agent,
    at from known
), firsts as (
  insert into tracking_reaction (tenant_id, message_id, kind, machine, at)
  select %(tenant)s, message_id, kind, machine, min(at) from known group by message_id, kind, machine
  order by message_id, kind, machine on conflict do nothing returning message_id, kind, machine
), totals as (
  select coalesce(campaign_id, 0) as campaign_id, kind, machine, count(*) as n from known group by 1, 2, 3
), people as (
  select coalesce(k.campaign_id, 0) as campaign_id, f.kind, f.machine, count(*) as n
  from firsts f join (select distinct message_id, campaign_id from known) k using (message_id) group by 1,
    2, 3
)
insert into tracking_engagementcounter as c (tenant_id, campaign_id, kind, machine, total, messages)
select %(tenant)s, campaign_id, kind, machine, t.n, coalesce(p.n, 0)
from totals t left join people p using (campaign_id, kind, machine) order by campaign_id, kind, machine
on conflict (tenant_id, campaign_id, kind, machine)
do update set total = c.total + excluded.total, messages = c.messages + excluded.messages
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Engaged:
    """One engagement to be written; `kind` is a value of Engagement.Kind."""

    message_id: UUID
    kind: str
    at: datetime
    link_index: int | None = None
    machine: bool = False
    reason: str = ""
    address: str = ""
    user_agent: str = ""


def record_parameters(tenant_id: UUID, batch: Sequence[Engaged]) -> dict[str, Any]:
    """The parameters of RECORD_SQL for one tenant's batch."""
    return {
        "tenant": tenant_id,
        "messages": [one.message_id for one in batch],
        "ids": [new_id() for _ in batch],
        "kinds": [one.kind for one in batch],
        "links": [one.link_index for one in batch],
        "machines": [one.machine for one in batch],
        "reasons": [one.reason for one in batch],
        "addresses": [one.address for one in batch],
        "agents": [one.user_agent[:400] for one in batch],
        "times": [one.at for one in batch],
    }


def proofs(batch: Sequence[Engaged]) -> list[tuple[UUID, str]]:
    """Who reacted in person has the mail, even where the answer to it was lost (RESOLVE_SQL of delivery)."""
    return [(one.message_id, one.kind) for one in batch if not one.machine]
