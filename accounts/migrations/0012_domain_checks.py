"""Closer looks at sending domains and at our addresses, drift, revoked keys, and what sweepers ask for."""

from django.db import migrations, models

from accounts.rls import resolver, shared_table

DUE = """
select tenant_id, id from accounts_sendingdomain where next_check_at is null or next_check_at <= now()
order by next_check_at nulls first limit most
"""
STEPS = """
select * from (
  select distinct k.tenant_id, k.domain_id, false from accounts_dkimkey k
  where not k.active and k.announced_at is not null
    and (k.retired_at is null or k.retired_at < passed or k.revoked_at is not null) limit 5000) under_way
union all
select * from (
  select d.tenant_id, d.id, true from accounts_sendingdomain d where d.state = 'verified'
    and exists (select from accounts_dkimkey k where k.tenant_id = d.tenant_id and k.domain_id = d.id
      and k.active and coalesce(k.signs_since, k.created_at) < since)
    and exists (select from accounts_dkimkey k where k.tenant_id = d.tenant_id and k.domain_id = d.id
      and not k.active)
    and not exists (select from accounts_dkimkey k where k.tenant_id = d.tenant_id and k.domain_id = d.id
      and not k.active and k.announced_at is not null)
  order by d.id limit most) due
"""
CONTENTS = """
select d.label, k.selector, k.algorithm, k.public_txt, k.active or k.announced_at is not null,
  k.retired_at is not null
from accounts_sendingdomain d left join accounts_dkimkey k on k.tenant_id = d.tenant_id and k.domain_id = d.id
order by d.label, k.selector
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0011_keys_and_idempotency")]
    operations = [
        migrations.AddField("sendingdomain", "next_check_at", models.DateTimeField(null=True)),
        migrations.AddField("sendingdomain", "drifting_since", models.DateTimeField(null=True)),
        migrations.AddField("sendingdomain", "drift_looks", models.SmallIntegerField(db_default=0, default=0)),
        migrations.AddField(
            "sendingdomain",
            "checks",
            models.JSONField(db_default=models.Value([], models.JSONField()), default=list),
        ),
        migrations.AddField("sendingdomain", "looked_at", models.DateTimeField(null=True)),
        migrations.AddField("dkimkey", "signs_since", models.DateTimeField(null=True)),
        migrations.AddField("dkimkey", "revoked_at", models.DateTimeField(null=True)),
        migrations.CreateModel(
            "SourceCheck",
            [
                ("address", models.TextField(primary_key=True, serialize=False)),
                ("helo", models.TextField()),
                ("results", models.JSONField(default=list)),
                ("looked_at", models.DateTimeField()),
            ],
        ),
        shared_table("accounts_sourcecheck"),
        migrations.RunSQL("drop function domains_to_check()", reverse_sql=migrations.RunSQL.noop),
        resolver("domains_due(most int)", "table (tenant_id uuid, domain_id bigint)", DUE),
        resolver(
            "rotation_steps(since timestamptz, passed timestamptz, most int)",
            "table (tenant_id uuid, domain_id bigint, begins boolean)",
            STEPS,
        ),
        resolver(
            "zone_contents()",
            "table (label text, selector text, algorithm text, public_txt text, shown boolean, withdrawn boolean)",
            CONTENTS,
        ),
    ]
