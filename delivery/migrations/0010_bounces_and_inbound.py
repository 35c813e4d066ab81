"""Providers whose bounces are not believed, and what else comes in: complaints, replies, role addresses."""

import django.db.models.functions.datetime
from django.db import migrations, models

from accounts.rls import resolver, shared_table

# Suppressions beside what was settled, by provider and organization; the window's ends are whole minutes.
SHARES = (
    "table (provider_id int, tenant_id uuid, suppressed bigint, settled bigint, rule text, detail text, first_at timestamptz)"
)
SHARES_QUERY = """
with struck as (
  select s.provider_id, x.tenant_id, count(*) as n, mode() within group (order by x.rule) as rule,
    max(x.detail) as detail, min(x.created_at) as first_at
  from campaigns_suppression x join delivery_site s on s.id = x.site_id
  where x.created_at >= since and x.created_at < before and x.reason = 'bounced' group by 1, 2
), settled as (
  select r.provider_id, r.tenant_id, sum(r.n)::bigint as n from delivery_rollup r
  where r.minute >= since and r.minute < before and r.state in (1, 3) group by 1, 2
)
select provider_id, tenant_id, coalesce(k.n, 0), coalesce(t.n, 0), coalesce(k.rule, ''), coalesce(k.detail, ''), k.first_at
from struck k full join settled t using (provider_id, tenant_id) where provider_id <> 0
"""
UNTOLD_QUERY = """
select tenant_id, id from delivery_inboundmail where told_at is null and kind in ('complaint', 'unsubscribe')
  and handled_at is not null and received_at > now() - interval '7 days' order by id limit 500
"""
HOST_QUERY = """
select tenant_id from accounts_sendingdomain
where state = 'verified' and name in (host, regexp_replace(host, '^(rp|t)[.]', '')) order by length(name) desc limit 1
"""


class Migration(migrations.Migration):
    dependencies = [
        ("delivery", "0009_site_families"),
        ("campaigns", "0004_provisional_suppression"),
    ]
    operations = [
        migrations.CreateModel(
            name="SuppressionHold",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("provider_id", models.IntegerField()),
                ("rule", models.TextField()),
                ("evidence", models.TextField()),
                ("share", models.FloatField()),
                ("base_share", models.FloatField()),
                ("tenants", models.IntegerField()),
                ("since", models.DateTimeField()),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("until", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at", None)),
                        fields=("provider_id",),
                        name="suppressionhold_one_a_provider",
                    )
                ]
            },
        ),
        migrations.CreateModel(
            name="InboundRefusal",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "day", "reason", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("day", models.DateField()),
                ("reason", models.TextField(choices=[("forged", "Forged"), ("stranger", "Stranger")])),
                ("n", models.BigIntegerField()),
                ("peer", models.TextField()),
                ("rcpt", models.TextField()),
                ("last_at", models.DateTimeField()),
            ],
        ),
        shared_table("delivery_suppressionhold", app="select, insert, update", dispatch="select"),
        shared_table("delivery_inboundrefusal", app="select, insert, update"),
        migrations.AlterField("inboundmail", "message_id", models.UUIDField(null=True)),
        migrations.AlterField(
            "inboundmail",
            "kind",
            models.TextField(
                choices=[
                    ("dsn", "Dsn"),
                    ("complaint", "Complaint"),
                    ("unsubscribe", "Unsubscribe"),
                    ("auto_reply", "Auto Reply"),
                    ("reply", "Reply"),
                    ("role", "Role"),
                    ("other", "Other"),
                ]
            ),
        ),
        migrations.AddField("inboundmail", "rcpt", models.TextField(default="")),
        migrations.AddField("inboundmail", "told_at", models.DateTimeField(null=True)),
        migrations.AddIndex(
            "inboundmail",
            models.Index(
                fields=["id"],
                condition=models.Q(told_at=None, kind__in=["complaint", "unsubscribe"]),
                name="inbound_untold",
            ),
        ),
        resolver("suppression_shares(since timestamptz, before timestamptz)", SHARES, SHARES_QUERY),
        resolver("inbound_to_tell()", "table (tenant_id uuid, inbound_id bigint)", UNTOLD_QUERY),
        resolver("resolve_mail_host(host text)", "uuid", HOST_QUERY),
    ]
