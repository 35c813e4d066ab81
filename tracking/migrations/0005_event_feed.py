"""The event feed: what happened, noted as it commits, and numbered in the order in which it became visible."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

from accounts.rls import tenant_table
from tracking.migrations._event_feed import NOTES, NUMBERS, TABLES, UNDO_NOTES, UNDO_NUMBERS

_TENANT = models.ForeignKey(
    db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.tenant"
)


def _ids() -> models.Field:
    return django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), default=list, size=None)


def _words() -> models.Field:
    return django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), default=list, size=None)


STATE = [
    migrations.CreateModel(
        name="EventBatch",
        fields=[
            ("pk", models.CompositePrimaryKey(
                "tenant", "id", blank=True, editable=False, primary_key=True, serialize=False)),
            ("id", models.BigIntegerField()),
            ("source", models.SmallIntegerField(choices=[
                (1, "Attempts"), (2, "Engagements"), (3, "Accepted"), (4, "Facts")])),
            ("first", models.BigIntegerField(null=True)),
            ("n", models.SmallIntegerField()),
            ("message_ids", _ids()),
            ("keys", _ids()),
            ("words", _words()),
            ("detail", models.JSONField(null=True)),
            ("at", models.DateTimeField()),
            ("tenant", _TENANT),
        ],
        options={"abstract": False},
    ),
]


class Migration(migrations.Migration):
    dependencies = [
        ("tracking", "0004_tenant_figures"),
        ("delivery", "0014_queue_statistics"),
        ("campaigns", "0009_import_wizard"),
        ("accounts", "0009_people_and_requests"),
    ]
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=STATE,
            database_operations=[
                migrations.RunSQL(TABLES, reverse_sql="drop table tracking_eventbatch; drop table tracking_eventfeed")
            ],
        ),
        tenant_table("tracking_eventfeed", app="select", dispatch="select"),
        tenant_table("tracking_eventbatch", app="select, delete", dispatch="select, delete"),
        migrations.RunSQL(
            "create policy dispatch on tracking_engagement to relay_dispatch using (true);\n"
            "grant select on tracking_engagement to relay_dispatch",
            reverse_sql="drop policy dispatch on tracking_engagement",
        ),
        migrations.RunSQL(NOTES, reverse_sql=UNDO_NOTES),
        migrations.RunSQL(NUMBERS, reverse_sql=UNDO_NUMBERS),
    ]
