"""Jobs are called organization by organization; how long a launch can be undone; shared links that end."""

from django.db import migrations, models

# The first few of each organization before the many of one.
RUNNABLE = """
create or replace function jobs_to_run(kinds text[]) returns table (tenant_id uuid, job_id bigint)
language sql stable security definer set search_path = public, pg_temp as $fn$
select tenant_id, id from (
  select j.tenant_id, j.id, j.created_at,
    row_number() over (partition by j.tenant_id order by j.created_at, j.id) as place
  from accounts_job j where j.kind = any(kinds) and j.finished_at is null and (
    (j.state = 'waiting' and j.created_at < now() - interval '10 seconds')
    or (j.state = 'running' and j.heartbeat_at < now() - interval '30 seconds'))) waiting
where place <= 8 order by place, created_at limit 500
$fn$
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0012_domain_checks")]
    operations = [
        migrations.RunSQL(RUNNABLE, migrations.RunSQL.noop),
        migrations.AddField("tenant", "undo_seconds", models.SmallIntegerField(null=True)),
        migrations.AddField("sendingdomain", "share_number", models.IntegerField(db_default=0, default=0)),
    ]
