"""Who is to be told what became of a message."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

from accounts.rls import resolver, tenant_table

# Without a queue entry a message has had its last word; one that waits beyond its time is late.
DUE = """
select distinct tenant_id, submission_id from (
  select r.tenant_id, r.submission_id from delivery_noticerequest r
  where r.closed_at is null and (r.delay_at < now() or not exists (
    select from delivery_queueentry q where q.tenant_id = r.tenant_id and q.message_id = r.message_id))
  order by r.message_id limit most
) due
"""


class Migration(migrations.Migration):
    dependencies = [("delivery", "0017_send_at_and_test_mail")]
    operations = [
        migrations.CreateModel(
            "NoticeRequest",
            [
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant", "message_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("message_id", models.UUIDField()),
                ("submission_id", models.UUIDField()),
                ("credential_id", models.BigIntegerField()),
                (
                    "notify",
                    django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), size=None),
                ),
                ("original", models.TextField(default="")),
                ("delay_at", models.DateTimeField(null=True)),
                ("closed_at", models.DateTimeField(null=True)),
                ("told_at", models.DateTimeField(null=True)),
                (
                    "tenant",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.tenant",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "indexes": [
                    models.Index(
                        fields=["message_id"],
                        condition=models.Q(("closed_at", None)),
                        name="noticerequest_open",
                    ),
                    models.Index(
                        fields=["tenant", "credential_id", "told_at"],
                        condition=models.Q(("told_at__isnull", False)),
                        name="noticerequest_told",
                    ),
                    models.Index(fields=["tenant", "submission_id"], name="noticerequest_submission"),
                ],
            },
        ),
        tenant_table("delivery_noticerequest"),
        resolver("notices_due(most int)", "table (tenant_id uuid, submission_id uuid)", DUE),
    ]
