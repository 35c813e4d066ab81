"""What mail programs sign in with, and what each has used of its limits."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

from accounts.rls import resolver, tenant_table


def _tenant():
    return models.ForeignKey(
        db_index=False,
        on_delete=django.db.models.deletion.PROTECT,
        related_name="+",
        to="accounts.tenant",
    )


def _texts():
    return django.contrib.postgres.fields.ArrayField(
        base_field=models.TextField(), default=list, size=None
    )


class Migration(migrations.Migration):
    dependencies = [("accounts", "0009_people_and_requests")]
    operations = [
        migrations.CreateModel(
            "SmtpCredential",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.TextField()),
                ("username", models.TextField()),
                ("hash", models.BinaryField(unique=True)),
                ("allowed_from", _texts()),
                ("networks", _texts()),
                (
                    "stream",
                    models.SmallIntegerField(
                        choices=[(0, "System"), (1, "Transactional"), (2, "Marketing")], default=1
                    ),
                ),
                ("track_opens", models.BooleanField(default=False)),
                ("track_clicks", models.BooleanField(default=False)),
                ("rate_per_minute", models.IntegerField(null=True)),
                ("daily_limit", models.IntegerField(null=True)),
                ("bounce_notice", models.TextField(default="")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("last_used_at", models.DateTimeField(null=True)),
                ("revoked_at", models.DateTimeField(null=True)),
                ("tenant", _tenant()),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(fields=["tenant", "username"], name="smtpcredential_username"),
                    models.UniqueConstraint(
                        fields=["tenant", "name"],
                        condition=models.Q(("revoked_at", None)),
                        name="smtpcredential_name",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            "SmtpAllowance",
            [
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant", "credential_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("credential_id", models.BigIntegerField()),
                ("minute", models.DateTimeField()),
                ("minute_count", models.IntegerField()),
                ("day", models.DateField()),
                ("day_count", models.IntegerField()),
                ("tenant", _tenant()),
            ],
            options={"abstract": False},
        ),
        # One row a credential, written for every message: room for the next version on the same page.
        migrations.RunSQL(
            "alter table accounts_smtpallowance set (fillfactor = 20)", reverse_sql=migrations.RunSQL.noop
        ),
        tenant_table("accounts_smtpcredential"),
        tenant_table("accounts_smtpallowance"),
        resolver(
            "resolve_smtp_credential(wanted bytea)",
            "table (tenant_id uuid, credential_id bigint)",
            "select tenant_id, id from accounts_smtpcredential where hash = wanted",
        ),
    ]
