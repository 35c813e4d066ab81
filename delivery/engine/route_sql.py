"""The statements of route.py."""

from typing import Final

#: Domains with due mail in lanes without a site; those that are known already are only moved.
WAITING: Final = """
select distinct d.id, d.name, d.nxdomain_since, d.site_id
from delivery_lane l
left join campaigns_campaign c on c.tenant_id = l.tenant_id and c.id = l.campaign_id
cross join lateral (
  select q.domain_id from delivery_queueentry q
  where q.lane_id = l.id and q.run_id is null and q.next_attempt_at <= now()
  order by q.next_attempt_at, q.message_id limit 5000) q
join delivery_domain d on d.id = q.domain_id
where l.site_id is null and d.site_id is null and (l.campaign_id is null or c.state = 'sending')
  and d.id <> all(%(asked)s) limit 1000
"""

#: Domains with a site and due mail whose answer has run out; of a long lane, those of its first entries.
EXPIRED: Final = """
select distinct d.id, d.name, d.nxdomain_since, d.site_id
from delivery_lane l
cross join lateral (
  select q.domain_id from delivery_queueentry q
  where q.lane_id = l.id and q.run_id is null and q.next_attempt_at <= now()
  order by q.next_attempt_at, q.message_id limit 500) q
join delivery_domain d on d.id = q.domain_id
where d.site_id is not null and d.expires_at <= now() and d.id <> all(%(asked)s) limit 1000
"""

#: Arrays with one element a site, each site once. Most stand there already and are not written.
SITES: Final = """
with given as (
  select * from unnest(%(keys)s::text[], %(providers)s::int[], %(families)s::smallint[])
    g(key, provider_id, families)
)
insert into delivery_site as s (key, provider_id, families)
select g.* from given g left join delivery_site o using (key)
where (o.provider_id, o.families) is distinct from (g.provider_id, g.families) order by g.key
on conflict (key) do update set provider_id = excluded.provider_id, families = excluded.families
"""

SITE_IDS: Final = "select key, id from delivery_site where key = any(%s)"

PROVIDER_LOCK: Final = "select pg_advisory_xact_lock(hashtextextended('delivery_provider', 0))"

#: Arrays with one element a provider, each once; their limits follow the table. Under the lock.
PROVIDERS: Final = """
with given as (
  select p.id, g.* from unnest(%(names)s::text[], %(connections)s::int[], %(messages)s::int[])
    g(name, most, each) left join delivery_provider p on p.name = g.name
  where (p.max_connections, p.max_messages_per_connection) is distinct from (g.most, g.each)
)
insert into delivery_provider as p (id, name, max_connections, max_messages_per_connection)
select coalesce(id, (select max(id) from delivery_provider)
  + row_number() over (partition by id is null order by name)), name, most, each from given order by 1
on conflict (id) do update set max_connections = excluded.max_connections,
  max_messages_per_connection = excluded.max_messages_per_connection
"""

PROVIDER_IDS: Final = "select name, id from delivery_provider where name = any(%s)"

#: Domains that have a site, as arrays.
DOMAINS: Final = """
update delivery_domain d set state = 'ok', site_id = g.site_id, checked_at = now(),
  expires_at = now() + g.ttl * interval '1 second', nxdomain_since = null
from unnest(%(ids)s::bigint[], %(sites)s::bigint[], %(ttls)s::float8[]) g(id, site_id, ttl) where d.id = g.id
"""

DOMAIN: Final = """
update delivery_domain set state = %(state)s, checked_at = now(),
  expires_at = now() + %(ttl)s * interval '1 second', nxdomain_since = %(nxdomain_since)s
where id = %(id)s
"""

#: Queue entries of one domain that nobody holds, where it waits; for settle_sql and defer_sql.
OF_DOMAIN: Final = """q.domain_id = %(domain)s and q.next_attempt_at <= now()
    and q.lane_id in (select id from delivery_lane where site_id is not distinct from %(site)s)"""

_WITHOUT_SITE: Final = "l.site_id is null"
_OF_OLD_SITE: Final = "l.site_id = %(site)s and q.domain_id = %(domain)s"
_OF_THESE: Final = """l.site_id is not null and (q.tenant_id, q.message_id) in (
    select * from unnest(%(tenants)s::uuid[], %(messages)s::uuid[]))"""

_MAKE_LANES: Final = """
insert into delivery_lane (tenant_id, pool_id, source_id, site_id, stream, campaign_id, sending_domain)
select distinct l.tenant_id, l.pool_id, l.source_id, d.site_id, l.stream, l.campaign_id, l.sending_domain
from delivery_lane l join delivery_queueentry q on q.lane_id = l.id and q.run_id is null
join delivery_domain d on d.id = q.domain_id
where {which} and d.site_id is distinct from l.site_id
order by 1, 2, 3, 4, 5, 6, 7 on conflict do nothing
"""

_MOVE: Final = """
with chosen as materialized (
  select q.tenant_id, q.message_id, t.id as lane_id
  from delivery_lane l join delivery_queueentry q on q.lane_id = l.id and q.run_id is null
  join delivery_domain d on d.id = q.domain_id
  join delivery_lane t on t.tenant_id = l.tenant_id and t.pool_id = l.pool_id
    and t.source_id is not distinct from l.source_id and t.site_id = d.site_id and t.stream = l.stream
    and t.campaign_id is not distinct from l.campaign_id and t.sending_domain = l.sending_domain
  where {which} and d.site_id is distinct from l.site_id limit %(limit)s for no key update of q skip locked
)
update delivery_queueentry q set lane_id = c.lane_id from chosen c
where q.tenant_id = c.tenant_id and q.message_id = c.message_id
"""

#: Lanes of the sites that DNS has named, and the entries that go there: from lanes without a site.
MAKE_LANES, MOVE = (text.format(which=_WITHOUT_SITE) for text in (_MAKE_LANES, _MOVE))
#: The same for one domain that has left a site.
MAKE_OTHER_LANES, MOVE_ON = (text.format(which=_OF_OLD_SITE) for text in (_MAKE_LANES, _MOVE))
#: The same for single entries that were leased at that time; the first names them.
STRAYED: Final = """
select q.tenant_id, q.message_id
from unnest(%(tenants)s::uuid[], %(messages)s::uuid[]) g(tenant_id, message_id)
join delivery_queueentry q on q.tenant_id = g.tenant_id and q.message_id = g.message_id
join delivery_lane l on l.tenant_id = q.tenant_id and l.id = q.lane_id
join delivery_domain d on d.id = q.domain_id
where q.run_id is null and l.site_id is not null and d.site_id is distinct from l.site_id
"""
MAKE_LANES_OF_THESE, MOVE_THESE = (text.format(which=_OF_THESE) for text in (_MAKE_LANES, _MOVE))
