"""What is asked of the queue every few seconds costs the same whatever waits in it."""

from django.db import migrations

# A vacuum that comes while a launch is written, or after the queue ran empty, counts no row on many pages; the
# planner believes that of every later size, too, and reads a queue of a million from end to end. Whoever
# vacuums now says the same in a moment, and is not waited for.
STATISTICS = """
create function keep_queue_statistics() returns boolean language plpgsql volatile security definer
set search_path = public, pg_temp as $fn$
begin
  if exists (select from pg_class c where c.oid = 'delivery_queueentry'::regclass and c.relpages > 0
      and c.reltuples < c.relpages and pg_relation_size(c.oid) > 0) then
    analyze (skip_locked) delivery_queueentry;
    return true;
  end if;
  return false;
end $fn$;
revoke all on function keep_queue_statistics() from public;
grant execute on function keep_queue_statistics() to relay_app
"""

# What waits is looked for once a lane, what is leased is little: a join would read the whole queue.
FINISH = """
create or replace function campaigns_to_finish() returns table (tenant_id uuid, campaign_id bigint)
language sql stable security definer set search_path = public, pg_temp as $fn$
select c.tenant_id, c.id from campaigns_campaign c
where c.state in ('sending', 'paused', 'cancelled') and c.finished_at is null and c.audience is not null
  and not exists (select from delivery_lane l cross join lateral (
      select from delivery_queueentry q where q.lane_id = l.id and q.run_id is null
      order by q.next_attempt_at, q.message_id limit 1) waiting
    where l.tenant_id = c.tenant_id and l.campaign_id = c.id)
  and not exists (select from delivery_queueentry q
    where q.run_id is not null and q.tenant_id = c.tenant_id and q.campaign_id = c.id)
$fn$
"""


class Migration(migrations.Migration):
    dependencies = [("delivery", "0013_attempt_by_state")]
    operations = [
        migrations.RunSQL(STATISTICS, "drop function keep_queue_statistics()"),
        migrations.RunSQL(FINISH, migrations.RunSQL.noop),
    ]
