"""The statements of manners.py; arrays hold one element a channel."""

from typing import Final

#: Rows are locked in one order, so that two runs cannot wait for each other.
SHARE: Final = """
with given as (
  select * from unnest(%(sources)s::bigint[], %(sites)s::bigint[], %(starts)s::float8[], %(deltas)s::float8[],
    %(limits)s::int[], %(failures)s::smallint[], %(quiet)s::float8[], %(opened)s::bool[])
  g(source_id, site_id, start, delta, most, failures, quiet, opened)
), made as (
  insert into delivery_sitefeedback (source_id, site_id, connections, failures, quiet_until, opened_at)
  select source_id, site_id, start, coalesce(failures, 0), now() + quiet * interval '1 second',
    case when opened then now() end from given order by 1, 2 on conflict do nothing
), held as materialized (
  select f.source_id, f.site_id from delivery_sitefeedback f
  join given g on g.source_id = f.source_id and g.site_id = f.site_id order by 1, 2 for no key update of f
)
update delivery_sitefeedback f set
  connections = greatest(1, least(g.most, f.connections + g.delta)),
  failures = coalesce(g.failures, f.failures),
  quiet_until = case when g.failures is null then f.quiet_until when g.failures > 0
    then now() + g.quiet * interval '1 second' end,
  opened_at = case when g.opened then now() else f.opened_at end, updated_at = now()
from given g join held h on h.source_id = g.source_id and h.site_id = g.site_id
where f.source_id = g.source_id and f.site_id = g.site_id
returning f.source_id, f.site_id, f.connections
"""

READ: Final = """
select f.source_id, f.site_id, f.connections, f.failures,
  greatest(0, extract(epoch from f.quiet_until - now()))::float8, f.opened_at is not null
from delivery_sitefeedback f join unnest(%(sources)s::bigint[], %(sites)s::bigint[]) g(source_id, site_id)
  on g.source_id = f.source_id and g.site_id = f.site_id
"""

#: Each run that saw a suspension end says so, some later than others: who probes already is left in peace.
BEGIN_AGAIN: Final = """
insert into delivery_sitefeedback as f (source_id, site_id, connections, failures)
select source_id, site_id, 1, 1 from unnest(%(sources)s::bigint[], %(sites)s::bigint[]) g(source_id, site_id)
order by 1, 2
on conflict (source_id, site_id) do update
set connections = 1, failures = greatest(f.failures, 1::smallint), updated_at = now()
"""

#: Who gets the probe keeps the others away for as long as a connection may take.
PROBE: Final = """
with won as (
  update delivery_sitefeedback f set quiet_until = now() + interval '40 seconds', updated_at = now()
  from unnest(%(sources)s::bigint[], %(sites)s::bigint[]) g(source_id, site_id)
  where f.source_id = g.source_id and f.site_id = g.site_id and f.failures > 0
    and (f.quiet_until is null or f.quiet_until <= now())
  returning f.source_id, f.site_id
)
select f.source_id, f.site_id, w.site_id is not null, f.failures,
  greatest(0, coalesce(extract(epoch from f.quiet_until - now()), 0))::float8
from delivery_sitefeedback f join unnest(%(sources)s::bigint[], %(sites)s::bigint[]) g(source_id, site_id)
  on g.source_id = f.source_id and g.site_id = f.site_id
left join won w on w.source_id = f.source_id and w.site_id = f.site_id
"""

#: What begins again with one probe when its suspension ends.
START_OVER: Final = """
update delivery_sitefeedback f set connections = 1, failures = greatest(f.failures, 1::smallint),
  updated_at = now()
from delivery_site s where s.id = f.site_id and f.source_id = %(source_id)s
  and (%(site_id)s::bigint is null or s.id = %(site_id)s)
  and (%(provider_id)s::int is null or s.provider_id = %(provider_id)s)
"""

COUNT_HIT: Final = """
with counted as (
  insert into delivery_rulehit as h (rule, scope, minute, n)
  values (%(rule)s, %(scope)s, date_trunc('minute', now()), %(n)s)
  on conflict (rule, scope, minute) do update set n = h.n + excluded.n returning n, minute
)
select (select n from counted) + coalesce(sum(h.n), 0) from delivery_rulehit h
where h.rule = %(rule)s and h.scope = %(scope)s and h.minute > now() - interval '1 hour'
  and h.minute <> (select minute from counted)
"""

FORGET_RULE: Final = "delete from delivery_rulehit where rule = %(rule)s and scope = %(scope)s"

FORGET_HITS: Final = "delete from delivery_rulehit where minute <= now() - interval '1 hour'"
