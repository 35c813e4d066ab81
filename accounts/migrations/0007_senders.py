"""Senders, and when a domain's records were asked for last."""

import django.db.models.deletion
from django.db import migrations, models

from accounts.rls import tenant_table


class Migration(migrations.Migration):
    dependencies = [("accounts", "0006_stream_domain")]
    operations = [
        migrations.AddField("sendingdomain", "check_asked_at", models.DateTimeField(null=True)),
        migrations.AddField("sendingdomain", "zone", models.TextField(db_default="", default="")),
        migrations.CreateModel(
            name="Sender",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.TextField(default="")),
                ("address", models.TextField()),
                ("reply_to", models.TextField(default="")),
                ("is_default", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "domain",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="senders",
                        to="accounts.sendingdomain",
                    ),
                ),
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
                "constraints": [
                    models.UniqueConstraint(fields=("tenant", "address"), name="sender_tenant_address"),
                    models.UniqueConstraint(
                        condition=models.Q(("is_default", True)), fields=("tenant",), name="sender_default"
                    ),
                ],
            },
        ),
        tenant_table("accounts_sender"),
    ]
