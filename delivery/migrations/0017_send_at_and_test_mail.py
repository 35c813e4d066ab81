"""When mail by API is to be sent, and the mail of test keys."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

from accounts.rls import resolver, tenant_table


def _texts():
    return django.contrib.postgres.fields.ArrayField(
        base_field=models.TextField(), default=list, size=None
    )


class Migration(migrations.Migration):
    dependencies = [("delivery", "0016_raw_mail"), ("accounts", "0011_keys_and_idempotency")]
    operations = [
        migrations.AddField("submission", "send_at", models.DateTimeField(null=True)),
        migrations.CreateModel(
            "SimulatedMail",
            [
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("key_id", models.BigIntegerField()),
                (
                    "stream",
                    models.SmallIntegerField(
                        choices=[(0, "System"), (1, "Transactional"), (2, "Marketing")]
                    ),
                ),
                ("from_name", models.TextField(default="")),
                ("from_address", models.TextField()),
                ("subject", models.TextField()),
                ("to", _texts()),
                ("cc", _texts()),
                ("tags", _texts()),
                ("metadata", models.JSONField(default=dict)),
                ("copies", models.JSONField(default=list)),
                ("send_at", models.DateTimeField(null=True)),
                ("cancelled_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField()),
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
                    models.Index(fields=["tenant", "-id"], name="simulatedmail_newest"),
                    models.Index(fields=["tenant", "created_at"], name="simulatedmail_age"),
                ],
            },
        ),
        # All else of a submission is written once.
        migrations.RunSQL(
            "grant update (send_at) on delivery_submission to relay_app",
            "revoke update (send_at) on delivery_submission from relay_app",
        ),
        tenant_table("delivery_simulatedmail"),
        resolver(
            "tenants_with_old_test_mail(before timestamptz)",
            "setof uuid",
            "select t.id from accounts_tenant t where exists "
            "(select from delivery_simulatedmail m where m.tenant_id = t.id and m.created_at < before)",
        ),
    ]
