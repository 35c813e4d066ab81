"""What a restored copy may have sent: told by the ids of the queue alone."""

from django.db import migrations

# An id begins with the millisecond of acceptance or launch, so no message and no campaign has to be looked up.
RESTORED = """
create or replace function ops_restored()
returns table (tenant text, campaign bigint, name text, messages bigint)
language sql stable security definer set search_path = public, pg_temp as $fn$
with waiting as (
  select q.tenant_id, q.campaign_id, count(*) as n
  from delivery_incarnation i join delivery_queueentry q on q.message_id < uuid7_floor(i.restored_at)
  group by 1, 2
)
select t.slug, k.id, coalesce(k.name, ''), w.n
from waiting w join accounts_tenant t on t.id = w.tenant_id
left join campaigns_campaign k on k.tenant_id = w.tenant_id and k.id = w.campaign_id
order by 1, 2
$fn$
"""


class Migration(migrations.Migration):
    dependencies = [("delivery", "0014_queue_statistics")]
    operations = [migrations.RunSQL(RESTORED, migrations.RunSQL.noop)]
