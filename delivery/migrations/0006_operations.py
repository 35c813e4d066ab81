"""What operators ask across tenants: the queue by lane, sums of today, reasons of lately, doubts."""

from django.db import migrations

from accounts.rls import resolver

# BRIN: rows come in the order of time, so a summary of each block range finds an hour, and writing one costs nothing.
INDEXES = """
create index delivery_attempt_at on delivery_attempt using brin (at) with (pages_per_range = 32, autosummarize = on);
create index delivery_attempt_doubt on delivery_attempt (at) where state in (8, 9);
create index delivery_rollup_minute on delivery_rollup using brin (minute) with (pages_per_range = 32, autosummarize = on);
"""
NO_INDEXES = "drop index delivery_attempt_at; drop index delivery_attempt_doubt; drop index delivery_rollup_minute"

LANES = (
    "table (lane_id bigint, tenant_id uuid, tenant_slug text, pool_id bigint, source_id bigint, site_id bigint, "
    "provider_id int, stream smallint, campaign_id bigint, not_before timestamptz, waiting bigint, due bigint, "
    "leased bigint, first_at timestamptz)"
)
LANES_QUERY = """
select l.id, l.tenant_id, t.slug, l.pool_id, l.source_id, l.site_id, coalesce(s.provider_id, 0), l.stream,
  l.campaign_id, l.not_before, coalesce(w.waiting, 0), coalesce(w.due, 0), coalesce(r.leased, 0), w.first_at
from delivery_lane l join accounts_tenant t on t.id = l.tenant_id left join delivery_site s on s.id = l.site_id
left join (select lane_id, count(*) as waiting, count(*) filter (where next_attempt_at <= now()) as due,
  min(next_attempt_at) as first_at from delivery_queueentry where run_id is null group by lane_id) w on w.lane_id = l.id
left join (select lane_id, count(*) as leased from delivery_queueentry where run_id is not null group by lane_id) r
  on r.lane_id = l.id
where w.waiting is not null or r.leased is not null
"""
# A late bounce takes a delivery back by a row below zero; a counter may only rise.
TODAY_QUERY = """
select provider_id, state, sum(n)::bigint from delivery_rollup
where minute >= date_trunc('day', now(), 'UTC') and n > 0 group by 1, 2
"""
REASONS_QUERY = """
select state, category, count(*) from delivery_attempt where at >= since and state <> 1 group by 1, 2
"""
DOUBTS = (
    "table (tenant_id uuid, tenant_slug text, message_id uuid, number smallint, state smallint, rcpt text, "
    "campaign_id bigint, provider_id int, host text, cause text, at timestamptz)"
)
DOUBTS_QUERY = """
select a.tenant_id, t.slug, a.message_id, a.number, a.state, m.rcpt, a.campaign_id, a.provider_id, a.host, a.category, a.at
from delivery_attempt a join accounts_tenant t on t.id = a.tenant_id
join delivery_message m on m.tenant_id = a.tenant_id and m.id = a.message_id
where a.state in (8, 9) and a.at >= since and not exists (select from delivery_attempt b
  where b.tenant_id = a.tenant_id and b.message_id = a.message_id and b.number > a.number)
order by a.at desc limit most
"""


class Migration(migrations.Migration):
    dependencies = [("delivery", "0005_hosts"), ("accounts", "0003_tenant_slug")]
    operations = [
        migrations.RunSQL(INDEXES, NO_INDEXES),
        resolver("ops_lanes()", LANES, LANES_QUERY),
        resolver("ops_attempts_today()", "table (provider_id int, state smallint, n bigint)", TODAY_QUERY),
        resolver(
            "ops_reasons(since timestamptz)", "table (state smallint, category text, n bigint)", REASONS_QUERY
        ),
        resolver("ops_doubts(since timestamptz, most int)", DOUBTS, DOUBTS_QUERY),
        resolver(
            "ops_tenants(wanted uuid[])",
            "table (tenant_id uuid, slug text, name text)",
            "select id, slug, name from accounts_tenant where id = any(wanted)",
        ),
        resolver(
            "resolve_message(wanted uuid)",
            "setof uuid",
            "select t.id from accounts_tenant t where exists "
            "(select from delivery_message m where m.tenant_id = t.id and m.id = wanted)",
        ),
    ]
