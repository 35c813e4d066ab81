"""The statements of a run; its role passes by the tenants' policies, so each names its tenant."""

from typing import Final

#: Endpoints that have something to do, or may soon: those that take calls, and those that a person waits for.
BOARD: Final = """
select e.id, e.tenant_id, e.url, e.userinfo_sealed, e.types, e.streams, e.tags, e.mode, e.format, e.batch,
  e.state, e.secret_sealed, e.old_secret_sealed, e.old_secret_until, e.position, e.failures, e.open_until,
  coalesce(f.last, 0) as last,
  exists (select from tracking_eventbatch b
    where b.tenant_id = e.tenant_id and b.first is null and b.at <= now()) as fresh,
  (select count(*) from (select from tracking_webhookcall c where c.endpoint_id = e.id and c.state = 'waiting'
    limit %(backlog)s) w) as waiting,
  exists (select from tracking_webhookcall c where c.endpoint_id = e.id and c.state = 'waiting'
    and c.next_attempt_at <= now() and (c.urgent or e.state = 'active')) as due,
  (select r.id from tracking_webhookreplay r where r.endpoint_id = e.id and r.done_at is null
    order by r.id limit 1) as replay_id
from tracking_webhookendpoint e left join tracking_eventfeed f on f.tenant_id = e.tenant_id
where e.state = 'active' or exists (select from tracking_webhookcall c where c.endpoint_id = e.id
  and c.state = 'waiting' and c.urgent)
order by e.id
"""

#: Whether a run would find something to do.
WORK: Final = """
select exists (
  select from tracking_webhookendpoint e where e.state = 'active' and (
    exists (select from tracking_eventbatch b
      where b.tenant_id = e.tenant_id and b.first is null and b.at <= now())
    or e.position < (select f.last from tracking_eventfeed f where f.tenant_id = e.tenant_id)
      and coalesce(e.open_until <= now(), true)
    or exists (select from tracking_webhookreplay r where r.endpoint_id = e.id and r.done_at is null)
    or exists (select from tracking_webhookcall c where c.endpoint_id = e.id and c.state = 'waiting'
      and c.next_attempt_at <= now()) and coalesce(e.open_until <= now(), true))
) or exists (select from tracking_webhookcall c where c.state = 'waiting' and c.urgent
  and c.next_attempt_at <= now())
"""

#: One run reads the feed for an endpoint at a time.
HOLD_ENDPOINT: Final = """
select position from tracking_webhookendpoint where tenant_id = %(tenant)s and id = %(endpoint)s
for no key update skip locked
"""
HOLD_REPLAY: Final = """
select position, last from tracking_webhookreplay where tenant_id = %(tenant)s and id = %(replay)s
  and done_at is null for no key update skip locked
"""
MOVE_ENDPOINT: Final = """
update tracking_webhookendpoint set position = %(position)s where tenant_id = %(tenant)s and id = %(endpoint)s
"""
MOVE_REPLAY: Final = """
update tracking_webhookreplay set position = %(position)s, calls = calls + %(calls)s,
  done_at = case when %(position)s >= last then now() end
where tenant_id = %(tenant)s and id = %(replay)s
"""
#: Written with the lease of who writes them: they are called at once.
INSERT_CALLS: Final = """
insert into tracking_webhookcall (tenant_id, id, endpoint_id, origin, webhook_id, types, n, first,
  message_id, body,
  next_attempt_at)
select %(tenant)s, g.id, %(endpoint)s, %(origin)s, g.webhook_id, string_to_array(g.types, ','), g.n, g.first,
  g.message_id, g.body, now() + %(lease)s
from unnest(%(ids)s::uuid[], %(webhook_ids)s::text[], %(types)s::text[], %(ns)s::smallint[],
  %(firsts)s::bigint[],
  %(messages)s::uuid[], %(bodies)s::text[]) g(id, webhook_id, types, n, first, message_id, body)
"""

#: The oldest due calls of each endpoint, so many; a lease is the time at which they are due again.
CLAIM: Final = """
with due as materialized (
  select d.* from unnest(%(endpoints)s::bigint[], %(quotas)s::int[], %(urgent)s::bool[]) w(endpoint_id,
    n, urgent)
  cross join lateral (
    select c.tenant_id, c.id from tracking_webhookcall c
    where c.endpoint_id = w.endpoint_id and c.state = 'waiting' and c.next_attempt_at <= now()
      and (c.urgent or not w.urgent)
    order by c.next_attempt_at limit w.n for no key update skip locked) d
)
update tracking_webhookcall c set next_attempt_at = now() + %(lease)s from due d
where c.tenant_id = d.tenant_id and c.id = d.id
returning c.tenant_id, c.id, c.endpoint_id, c.webhook_id, c.body, c.attempts
"""

#: Compare-and-set on the number of attempts: who lost its lease writes nothing twice.
WRITE: Final = """
with given as (
  select * from unnest(%(tenants)s::uuid[], %(calls)s::uuid[], %(endpoints)s::bigint[],
    %(numbers)s::smallint[],
    %(ats)s::timestamptz[], %(ms)s::int[], %(addresses)s::text[], %(requests)s::text[],
      %(statuses)s::smallint[],
    %(errors)s::text[], %(details)s::text[], %(headers)s::text[], %(bodies)s::text[], %(cuts)s::bool[],
    %(verdicts)s::text[], %(nexts)s::timestamptz[])
  g(tenant_id, call_id, endpoint_id, number, at, ms, address, request, status, error, detail, headers,
    body, cut,
    verdict, next_at)
), told as (
  update tracking_webhookcall c set state = g.verdict, attempts = g.number, last_status = g.status,
    last_error = g.error, urgent = false, next_attempt_at = coalesce(g.next_at, c.next_attempt_at),
    done_at = case when g.verdict <> 'waiting' then now() end
  from given g where c.tenant_id = g.tenant_id and c.id = g.call_id and c.attempts = g.number - 1
  returning g.*
), kept as (
  insert into tracking_webhookattempt (tenant_id, call_id, number, at, milliseconds, address,
    request_headers, status,
    error, detail, response_headers, response_body, response_cut)
  select tenant_id, call_id, number, at, ms, address, request, status, error, detail, headers, body,
    cut from told
  on conflict do nothing
)
insert into tracking_webhookhour as h (tenant_id, endpoint_id, hour, succeeded, failed, milliseconds)
select tenant_id, endpoint_id, date_trunc('hour', at, 'UTC'), count(*) filter (where verdict = 'delivered'),
  count(*) filter (where verdict <> 'delivered'), sum(ms) from told group by 1, 2, 3 order by 1, 2, 3
on conflict (tenant_id, endpoint_id, hour) do update set succeeded = h.succeeded + excluded.succeeded,
  failed = h.failed + excluded.failed, milliseconds = h.milliseconds + excluded.milliseconds
"""

#: What a batch taught of an endpoint. Days without any success disable it; so does a 410.
LEARN: Final = """

  update tracking_webhookendpoint e
set failures = case when g.good then g.failures else e.failures + g.failures end,
  failing_since = case when g.good and g.failures = 0 then null when g.good then now()
    else coalesce(e.failing_since, now()) end,
  open_until = g.open_until,
  last_success_at = case when g.good then now() else e.last_success_at end,
  last_failure_at = case when g.error <> '' then now() else e.last_failure_at end,
  last_error = case when g.error <> '' then g.error else e.last_error end,
  state = case when d.reason <> '' then 'disabled' else e.state end,
  reason = case when d.reason <> '' then d.reason else e.reason end,
  disabled_at = case when d.reason <> '' then now() else e.disabled_at end,
  told_at = case when d.reason <> '' then null else e.told_at end
from unnest(%(tenants)s::uuid[], %(ids)s::bigint[], %(goods)s::bool[], %(failures)s::int[],
    %(opens)s::timestamptz[], %(errors)s::text[], %(gones)s::bool[])
  g(tenant_id, id, good, failures, open_until, error, gone)
join tracking_webhookendpoint o on o.tenant_id = g.tenant_id and o.id = g.id
cross join lateral (select case
    when o.state <> 'active' then ''
    when g.gone then 'gone'
    when not g.good and o.failing_since < now() - %(give_up)s then 'failing'
    else '' end as reason) d
where e.tenant_id = g.tenant_id and e.id = g.id
"""

#: What a run did not come to: due at once, unless somebody made it meanwhile.
GIVE_BACK: Final = """
update tracking_webhookcall c set next_attempt_at = now()
from unnest(%(tenants)s::uuid[], %(ids)s::uuid[], %(attempts)s::smallint[]) g(tenant_id, id, attempts)
where c.tenant_id = g.tenant_id and c.id = g.id and c.state = 'waiting' and c.attempts = g.attempts
"""

#: One run holds a slot for as long as its connection lives.
TAKE_SLOT: Final = "select pg_try_advisory_lock(7105, %s)"
NUMBER: Final = "select number_events(%s)"

#: Tables whose rows are kept for some days, by the column that says since when.
FORGET: Final = (
    ("tracking_webhookattempt", "at"),
    ("tracking_webhookcall", "created_at"),
    ("tracking_webhookhour", "hour"),
    ("tracking_webhookreplay", "created_at"),
    ("tracking_eventbatch", "at"),
)
