"""What operators see of every organization: what it sent today, and the complaints about its campaigns."""

from django.db import migrations

from accounts.rls import resolver

FIGURES = (
    "table (tenant_id uuid, slug text, name text, created_at timestamptz, today bigint, delivered_today bigint, "
    "bounced_today bigint, delivered bigint, complained bigint)"
)
# A slug or the beginning of a name; an id finds exactly one.
FIGURES_QUERY = """
select t.id, t.slug, t.name, t.created_at, coalesce(a.today, 0)::bigint, coalesce(a.delivered, 0)::bigint,
  coalesce(a.bounced, 0)::bigint, coalesce(d.delivered, 0)::bigint, coalesce(c.complained, 0)::bigint
from accounts_tenant t
left join (
  select tenant_id, sum(n) as today, sum(n) filter (where state = 1) as delivered,
    sum(n) filter (where state = 3) as bounced
  from delivery_rollup where minute >= date_trunc('day', now(), 'UTC') and n > 0 group by 1) a on a.tenant_id = t.id
left join (
  select n.tenant_id, sum(n.n) as delivered from campaigns_campaign k
  join delivery_counter n on n.tenant_id = k.tenant_id and n.campaign_id = k.id and n.state = 1
  where k.launched_at >= now() - interval '30 days' group by 1) d on d.tenant_id = t.id
left join (
  select e.tenant_id, sum(e.messages) as complained from campaigns_campaign k
  join tracking_engagementcounter e on e.tenant_id = k.tenant_id and e.campaign_id = k.id
    and e.kind = 'complained' and not e.machine
  where k.launched_at >= now() - interval '30 days' group by 1) c on c.tenant_id = t.id
where wanted = '' or t.slug = wanted or t.id::text = wanted or starts_with(lower(t.name), lower(wanted))
order by a.today desc nulls last, t.slug limit most
"""


class Migration(migrations.Migration):
    dependencies = [("tracking", "0003_engagement_rollup"), ("accounts", "0009_people_and_requests")]
    operations = [resolver("ops_tenant_figures(wanted text, most int)", FIGURES, FIGURES_QUERY)]
