"""Writes a batch of engagements: the rows, the first of each kind per message, and the sums by campaign and
by hour and link, in one statement."""

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
), heads as (
  select distinct on (message_id, kind, machine) message_id, kind, machine, at,
    coalesce(campaign_id, 0) as campaign_id, coalesce(link_index, -1) as link_index,
    date_trunc('hour', at, 'UTC') as hour
  from known order by message_id, kind, machine, at, id
), firsts as (
  insert into tracking_reaction (tenant_id, message_id, kind, machine, at)
  select %(tenant)s, message_id, kind, machine, at from heads
  order by message_id, kind, machine on conflict do nothing returning message_id, kind, machine
), people as (
  select h.campaign_id, h.hour, h.kind, h.link_index, h.machine, count(*) as n
  from firsts f join heads h using (message_id, kind, machine) group by 1, 2, 3, 4, 5
), totals as (
  select coalesce(campaign_id, 0) as campaign_id, date_trunc('hour', at, 'UTC') as hour, kind,
    coalesce(link_index, -1) as link_index, machine, count(*) as n from known group by 1, 2, 3, 4, 5
), sums as (
  select campaign_id, hour, kind, link_index, machine, t.n as total, coalesce(p.n, 0) as messages
  from totals t left join people p using (campaign_id, hour, kind, link_index, machine)
), hours as (
  insert into tracking_engagementrollup as r
    (tenant_id, campaign_id, hour, kind, link_index, machine, total, messages)
  select %(tenant)s, campaign_id, hour, kind, link_index, machine, total, messages from sums
  order by campaign_id, hour, kind, link_index, machine
  on conflict (tenant_id, campaign_id, hour, kind, link_index, machine)
  do update set total = r.total + excluded.total, messages = r.messages + excluded.messages
)
insert into tracking_engagementcounter as c (tenant_id, campaign_id, kind, machine, total, messages)
select %(tenant)s, campaign_id, kind, machine, sum(total), sum(messages)
from sums group by campaign_id, kind, machine order by campaign_id, kind, machine
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
