"""Sending campaigns with what the guard judges them by; those of whom little is known are left out."""

from django.db import migrations

from accounts.rls import resolver

RETURNS = (
    "table (tenant_id uuid, campaign_id bigint, guards text[], delivered bigint, bounced bigint, complained bigint)"
)
QUERY = """
select c.tenant_id, c.id, c.guards, d.delivered, d.bounced, coalesce(e.messages, 0)
from campaigns_campaign c
cross join lateral (
  select coalesce(sum(n.n) filter (where n.state = 1), 0)::bigint as delivered,
    coalesce(sum(n.n) filter (where n.state = 3), 0)::bigint as bounced
  from delivery_counter n where n.tenant_id = c.tenant_id and n.campaign_id = c.id) d
left join tracking_engagementcounter e on e.tenant_id = c.tenant_id and e.campaign_id = c.id
  and e.kind = 'complained' and not e.machine
where c.state = 'sending' and d.delivered + d.bounced >= fewest
  and (d.bounced > 0 or coalesce(e.messages, 0) > 0)
"""


class Migration(migrations.Migration):
    dependencies = [
        ("tracking", "0008_replays_go_with_their_webhook"),
        ("campaigns", "0010_guards_and_statistics"),
        ("delivery", "0015_restored_by_id"),
    ]
    operations = [resolver("campaigns_to_guard(fewest int)", RETURNS, QUERY)]
