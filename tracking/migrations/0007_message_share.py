"""Links that show one message's way to somebody without an account."""

import django.db.models.deletion
from django.db import migrations, models

from accounts.rls import tenant_table


class Migration(migrations.Migration):
    dependencies = [("tracking", "0006_webhooks")]
    operations = [
        migrations.CreateModel(
            name="MessageShare",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("message_id", models.UUIDField()),
                ("made_by", models.TextField()),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("expires_at", models.DateTimeField()),
                ("revoked_at", models.DateTimeField(null=True)),
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
                "indexes": [models.Index(fields=["tenant", "message_id"], name="messageshare_message")],
            },
        ),
        tenant_table("tracking_messageshare", app="select, insert, update"),
    ]
