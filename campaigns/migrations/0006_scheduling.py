"""Campaigns are planned, undone, repeated to those who did not get them, tagged and archived."""

import django.db.models.deletion
from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models

from accounts.rls import resolver

DUE = "select tenant_id, id from campaigns_campaign where state = 'scheduled' and scheduled_at <= now()"


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0005_templates_media")]
    operations = [
        migrations.AddField("campaign", "scheduled_at", models.DateTimeField(null=True)),
        migrations.AddField("campaign", "scheduled_by_id", models.BigIntegerField(null=True)),
        migrations.AddField("campaign", "launch_refusal", models.TextField(default="", db_default="")),
        migrations.AddField(
            "campaign",
            "repeat_of",
            models.ForeignKey(
                "campaigns.Campaign", on_delete=django.db.models.deletion.PROTECT, null=True, related_name="+"
            ),
        ),
        migrations.AddField("campaign", "repeat_doubts", models.BooleanField(default=False, db_default=False)),
        migrations.AddField("campaign", "tags", ArrayField(models.TextField(), default=list, db_default=[])),
        migrations.AddField("campaign", "archived_at", models.DateTimeField(null=True)),
        migrations.AddIndex(
            "campaign",
            models.Index(
                fields=["tenant", "scheduled_at"],
                condition=models.Q(state="scheduled") | ~models.Q(launch_refusal=""),
                name="campaign_scheduled",
            ),
        ),
        migrations.AlterField(
            "campaign",
            "state",
            models.TextField(
                choices=[
                    ("draft", "Draft"),
                    ("scheduled", "Scheduled"),
                    ("launching", "Preparing"),
                    ("sending", "Sending"),
                    ("paused", "Paused"),
                    ("sent", "Sent"),
                    ("cancelled", "Cancelled"),
                ],
                default="draft",
            ),
        ),
        resolver("campaigns_to_launch()", "table (tenant_id uuid, campaign_id bigint)", DUE),
    ]
