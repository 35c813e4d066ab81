"""The statements of record.py; each takes arrays."""

from typing import Final

#: Compare-and-set on run and fence: a stale worker writes nothing. Most outcomes of a batch differ in little
#: more than the message, so what they share is given once, as a kind.
WRITE: Final = """
with held as materialized (
  select g.* from unnest(
    %(tenants)s::uuid[], %(message_ids)s::uuid[], %(fences)s::int[], %(numbers)s::smallint[],
    %(kinds)s::int[], %(sizes)s::int[], %(timings)s::text[], %(at)s::timestamptz[],
    %(dated_at)s::timestamptz[], %(next_attempt_at)s::timestamptz[])
  g(tenant_id, message_id, fence, number, kind, size, timings, at, dated_at, next_attempt_at)
  join delivery_queueentry q on q.tenant_id = g.tenant_id and q.message_id = g.message_id
  where q.run_id = %(run)s and q.fence = g.fence and q.attempts + 1 = g.number for no key update of q
), mine as materialized (
  select h.*, k.* from held h join unnest(
    %(campaign_id)s::bigint[], %(lane_id)s::bigint[], %(state)s::smallint[], %(final)s::bool[],
    %(category)s::text[], %(code)s::smallint[], %(enhanced)s::text[], %(stage)s::text[], %(rule)s::text[],
    %(reply_id)s::bigint[], %(host)s::text[], %(provider_id)s::int[], %(source_id)s::int[], %(tls)s::bool[],
    %(endpoint_id)s::int[])
  with ordinality k(campaign_id, lane_id, state, final, category, code, enhanced, stage, rule, reply_id, host,
    provider_id, source_id, tls, endpoint_id, number_of_kind) on k.number_of_kind = h.kind
), attempts as (
  insert into delivery_attempt (tenant_id, message_id, number, campaign_id, state, category, code, enhanced,
    stage, rule, reply_id, host, provider_id, source_id, tls, endpoint_id, size, timings, at, dated_at,
    next_attempt_at, run_id)
  select tenant_id, message_id, number, campaign_id, state, category, code, enhanced, stage, rule, reply_id,
    host, provider_id, source_id, tls, endpoint_id, size, timings::int[], at, dated_at,
    next_attempt_at, %(run)s
  from mine
), gone as (
  delete from delivery_queueentry q using mine m
  where m.final and q.tenant_id = m.tenant_id and q.message_id = m.message_id
), later as (
  update delivery_queueentry q set run_id = null, attempts = m.number, lane_id = m.lane_id,
    doubts = q.doubts + (m.state = 9)::int, next_attempt_at = coalesce(m.next_attempt_at, now()),
    dated_at = coalesce(q.dated_at, m.dated_at)
  from mine m where not m.final and q.tenant_id = m.tenant_id and q.message_id = m.message_id
), counted as (
  insert into delivery_counter as k (tenant_id, campaign_id, state, shard, n)
  select tenant_id, coalesce(campaign_id, 0), state, %(shard)s, count(*) from mine where final
  group by 1, 2, 3 order by 1, 2, 3
  on conflict (tenant_id, campaign_id, state, shard) do update set n = k.n + excluded.n
), rolled as (
  insert into delivery_rollup as r (tenant_id, campaign_id, minute, provider_id, state, shard, n)
  select tenant_id, coalesce(campaign_id, 0), date_trunc('minute', at), provider_id, state, %(shard)s,
    count(*) from mine group by 1, 2, 3, 4, 5 order by 1, 2, 3, 4, 5
  on conflict (tenant_id, campaign_id, minute, provider_id, state, shard) do update set n = r.n + excluded.n
)
select message_id from mine
"""

RELEASE: Final = """
update delivery_queueentry q set run_id = null
from unnest(%(tenants)s::uuid[], %(messages)s::uuid[], %(fences)s::int[]) g(tenant_id, message_id, fence)
where q.tenant_id = g.tenant_id and q.message_id = g.message_id and q.run_id = %(run)s and q.fence = g.fence
"""

WRITE_REPLIES: Final = """
insert into delivery_reply (tenant_id, digest, text)
select * from unnest(%(tenants)s::uuid[], %(digests)s::bytea[], %(texts)s::text[])
on conflict (tenant_id, digest) do nothing
"""

READ_REPLIES: Final = """
select r.tenant_id, r.digest, r.id from delivery_reply r
join unnest(%(tenants)s::uuid[], %(digests)s::bytea[]) g(tenant_id, digest)
  on g.tenant_id = r.tenant_id and g.digest = r.digest
"""

#: The lane of the same site, stream and campaign that is served by one source; made when first needed.
PIN_LANE: Final = """
with made as (
  insert into delivery_lane (tenant_id, pool_id, source_id, site_id, stream, campaign_id, sending_domain)
  select tenant_id, pool_id, %(source)s, site_id, stream, campaign_id, sending_domain
  from delivery_lane where id = %(lane)s
  on conflict do nothing returning id
)
select id from made union all
select p.id from delivery_lane l join delivery_lane p on p.tenant_id = l.tenant_id and p.pool_id = l.pool_id
  and p.source_id = %(source)s and p.site_id = l.site_id and p.stream = l.stream
  and p.campaign_id is not distinct from l.campaign_id and p.sending_domain = l.sending_domain
where l.id = %(lane)s limit 1
"""

TRANSCRIPTS: Final = """
insert into delivery_transcript (tenant_id, message_id, number, lines)
select * from unnest(%(tenants)s::uuid[], %(messages)s::uuid[], %(numbers)s::smallint[], %(lines)s::text[])
"""
