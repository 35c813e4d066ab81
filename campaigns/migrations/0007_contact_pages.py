"""Searching contacts by name, headcounts of lists, archived lists, reasons of subscriptions, defaults of fields."""

from django.db import migrations, models

import campaigns.models.contact
from accounts.rls import tenant_table
from campaigns.migrations._headcount import COUNTING, NAMES


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0006_scheduling")]
    operations = [
        migrations.RunSQL(NAMES, migrations.RunSQL.noop),
        migrations.AddField("contact", "family_key", campaigns.models.contact.name_column("family")),
        migrations.AddField("contact", "given_key", campaigns.models.contact.name_column("given")),
        migrations.AddIndex(
            "contact",
            models.Index(
                condition=models.Q(family_key__isnull=False),
                fields=["tenant", "family_key"],
                name="contact_tenant_family",
            ),
        ),
        migrations.AddIndex(
            "contact",
            models.Index(
                condition=models.Q(given_key__isnull=False),
                fields=["tenant", "given_key"],
                name="contact_tenant_given",
            ),
        ),
        migrations.AddField("contactfield", "merge_default", models.JSONField(null=True)),
        migrations.AddField("contactlist", "archived_at", models.DateTimeField(null=True)),
        migrations.AddField("subscription", "reason", models.TextField(db_default="")),
        migrations.AddIndex(
            "subscription",
            models.Index(
                condition=models.Q(state="unsubscribed"),
                fields=["tenant", "contact", "mailing_list"],
                name="subscription_tenant_left",
            ),
        ),
        migrations.CreateModel(
            name="Headcount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("mailing_list_id", models.BigIntegerField()),
                ("here", models.BigIntegerField()),
                ("away", models.BigIntegerField()),
                (
                    "tenant",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.tenant",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "indexes": [models.Index(fields=["tenant", "mailing_list_id"], name="headcount_tenant_list")],
            },
        ),
        tenant_table("campaigns_headcount"),
        migrations.RunSQL(COUNTING, migrations.RunSQL.noop),
    ]
