"""Engagements by hour and link, filled from what was recorded so far, and the ways to their messages."""

import django.db.models.deletion
from django.db import migrations, models

from accounts.rls import tenant_table

TABLE = """
create table tracking_engagementrollup (
  tenant_id uuid not null, campaign_id bigint not null, hour timestamptz not null, kind text not null,
  link_index smallint not null, machine boolean not null,
  total bigint not null default 0, messages bigint not null default 0,
  constraint tracking_engagementrollup_pkey
    primary key (tenant_id, campaign_id, hour, kind, link_index, machine)
) with (fillfactor = 50);
create index tracking_reaction_kind on tracking_reaction (tenant_id, kind, message_id, machine);
create index tracking_engagement_link on tracking_engagement (tenant_id, campaign_id, link_index, message_id)
  where link_index is not null;
"""
BACKFILL = """
with events as (
  select tenant_id, coalesce(campaign_id, 0) as campaign_id, date_trunc('hour', at, 'UTC') as hour, kind,
    coalesce(link_index, -1) as link_index, machine, 1 as total, 0 as messages
  from tracking_engagement
  union all
  select r.tenant_id, e.campaign_id, date_trunc('hour', r.at, 'UTC'), r.kind, e.link_index, r.machine, 0, 1
  from tracking_reaction r cross join lateral (
    select coalesce(campaign_id, 0) as campaign_id, coalesce(link_index, -1) as link_index
    from tracking_engagement e where e.tenant_id = r.tenant_id and e.message_id = r.message_id
      and e.kind = r.kind and e.machine = r.machine order by e.at, e.id limit 1) e
)
insert into tracking_engagementrollup
select tenant_id, campaign_id, hour, kind, link_index, machine, sum(total), sum(messages)
from events group by 1, 2, 3, 4, 5, 6
"""
FIELDS = [
    ("pk", models.CompositePrimaryKey(
        "tenant", "campaign_id", "hour", "kind", "link_index", "machine",
        blank=True, editable=False, primary_key=True, serialize=False)),
    ("campaign_id", models.BigIntegerField()),
    ("hour", models.DateTimeField()),
    ("kind", models.TextField(choices=[
        ("opened", "Opened"), ("clicked", "Clicked"), ("unsubscribed", "Unsubscribed"),
        ("subscribed", "Subscribed again"), ("complained", "Complained")])),
    ("link_index", models.SmallIntegerField()),
    ("machine", models.BooleanField()),
    ("total", models.BigIntegerField(default=0)),
    ("messages", models.BigIntegerField(default=0)),
    ("tenant", models.ForeignKey(
        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.tenant")),
]


class Migration(migrations.Migration):
    dependencies = [("tracking", "0002_tenancy"), ("delivery", "0013_attempt_by_state")]
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(name="EngagementRollup", fields=FIELDS, options={"abstract": False})
            ],
            database_operations=[
                migrations.RunSQL(
                    TABLE,
                    reverse_sql="drop table tracking_engagementrollup; drop index tracking_reaction_kind; "
                    "drop index tracking_engagement_link",
                ),
                migrations.RunSQL(BACKFILL, reverse_sql=migrations.RunSQL.noop),
            ],
        ),
        tenant_table("tracking_engagementrollup", app="select, insert, update"),
    ]
