"""Receivers' reports about sending domains, their sources by day, and sums by day."""

import django.db.models.deletion
from django.db import migrations, models

from accounts.rls import resolver, tenant_table

ORIGINS = [("ours", "ours"), ("known", "known"), ("unknown", "unknown")]
TABLES = """
create table tracking_dmarcsource (
  tenant_id uuid not null, domain_id bigint not null, day date not null, source inet not null,
  header_from text not null, disposition text not null, dkim boolean not null, spf boolean not null,
  origin text not null, name text not null default '', n bigint not null,
  constraint tracking_dmarcsource_pkey
    primary key (tenant_id, domain_id, day, source, header_from, disposition, dkim, spf)
);
create table tracking_dmarcday (
  tenant_id uuid not null, domain_id bigint not null, day date not null, origin text not null,
  messages bigint not null default 0, aligned bigint not null default 0, dkim bigint not null default 0,
  spf bigint not null default 0, quarantined bigint not null default 0, rejected bigint not null default 0,
  constraint tracking_dmarcday_pkey primary key (tenant_id, domain_id, day, origin)
) with (fillfactor = 70);
"""
OLD_QUERY = """
select t.id from accounts_tenant t
where exists (select from tracking_dmarcsource s where s.tenant_id = t.id and s.day < before)
  or exists (select from tracking_dmarcreport r where r.tenant_id = t.id and r.begin < before)
"""


def _tenant():
    return models.ForeignKey(
        db_index=False,
        on_delete=django.db.models.deletion.PROTECT,
        related_name="+",
        to="accounts.tenant",
    )


class Migration(migrations.Migration):
    dependencies = [("tracking", "0009_campaign_guard"), ("accounts", "0009_people_and_requests")]
    operations = [
        migrations.CreateModel(
            name="DmarcReport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("org_name", models.TextField()),
                ("report_id", models.TextField()),
                ("email", models.TextField(default="")),
                ("begin", models.DateTimeField()),
                ("end", models.DateTimeField()),
                ("p", models.TextField(default="")),
                ("sp", models.TextField(default="")),
                ("messages", models.BigIntegerField()),
                ("left_out", models.IntegerField(default=0)),
                ("received_at", models.DateTimeField()),
                (
                    "domain",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.sendingdomain",
                    ),
                ),
                ("tenant", _tenant()),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(
                        fields=["tenant", "domain", "org_name", "report_id"], name="dmarcreport_once"
                    )
                ],
                "indexes": [models.Index(fields=["tenant", "domain", "begin"], name="dmarcreport_domain_begin")],
            },
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    TABLES, reverse_sql="drop table tracking_dmarcsource; drop table tracking_dmarcday"
                )
            ],
            state_operations=[
                migrations.CreateModel(
                    name="DmarcSource",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "tenant", "domain_id", "day", "source", "header_from", "disposition", "dkim",
                                "spf", blank=True, editable=False, primary_key=True, serialize=False,
                            ),
                        ),
                        ("domain_id", models.BigIntegerField()),
                        ("day", models.DateField()),
                        ("source", models.GenericIPAddressField()),
                        ("header_from", models.TextField()),
                        ("disposition", models.TextField()),
                        ("dkim", models.BooleanField()),
                        ("spf", models.BooleanField()),
                        ("origin", models.TextField(choices=ORIGINS)),
                        ("name", models.TextField(default="")),
                        ("n", models.BigIntegerField()),
                        ("tenant", _tenant()),
                    ],
                    options={"abstract": False},
                ),
                migrations.CreateModel(
                    name="DmarcDay",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "tenant", "domain_id", "day", "origin", blank=True, editable=False,
                                primary_key=True, serialize=False,
                            ),
                        ),
                        ("domain_id", models.BigIntegerField()),
                        ("day", models.DateField()),
                        ("origin", models.TextField(choices=ORIGINS)),
                        ("messages", models.BigIntegerField(default=0)),
                        ("aligned", models.BigIntegerField(default=0)),
                        ("dkim", models.BigIntegerField(default=0)),
                        ("spf", models.BigIntegerField(default=0)),
                        ("quarantined", models.BigIntegerField(default=0)),
                        ("rejected", models.BigIntegerField(default=0)),
                        ("tenant", _tenant()),
                    ],
                    options={"abstract": False},
                ),
            ],
        ),
        tenant_table("tracking_dmarcreport"),
        tenant_table("tracking_dmarcsource"),
        tenant_table("tracking_dmarcday"),
        resolver("tenants_with_old_dmarc(before date)", "table (tenant_id uuid)", OLD_QUERY),
    ]
