"""Jobs that a worker runs: what they are about, who started them, their heartbeat and their file."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from accounts.rls import resolver

RUNNABLE = (
    "select tenant_id, id from accounts_job where kind = any(kinds) and finished_at is null and ("
    "(state = 'waiting' and created_at < now() - interval '10 seconds') "
    "or (state = 'running' and heartbeat_at < now() - interval '30 seconds')) order by created_at limit 500"
)
STALE = (
    "select tenant_id, id from accounts_job where finished_at is not null and ("
    "(result_name <> '' and result_until < now()) "
    "or (kind = any(kinds) and finished_at < now() - interval '180 days')) order by finished_at limit 500"
)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0007_senders")]
    operations = [
        migrations.AddField("job", "title", models.TextField(db_default="", default="")),
        migrations.AddField("job", "arguments", models.JSONField(db_default={}, default=dict)),
        migrations.AddField(
            "job",
            "created_by",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField("job", "language", models.TextField(db_default="en", default="en")),
        migrations.AddField("job", "cancel_requested_at", models.DateTimeField(null=True)),
        migrations.AddField("job", "heartbeat_at", models.DateTimeField(null=True)),
        migrations.AddField("job", "runs", models.SmallIntegerField(db_default=0, default=0)),
        migrations.AddField("job", "result_name", models.TextField(db_default="", default="")),
        migrations.AddField("job", "result_type", models.TextField(db_default="", default="")),
        migrations.AddField("job", "result_size", models.BigIntegerField(null=True)),
        migrations.AddField("job", "result_until", models.DateTimeField(null=True)),
        migrations.AddIndex(
            "job",
            models.Index(
                fields=["created_at"], condition=models.Q(finished_at=None), name="job_open_created_at"
            ),
        ),
        migrations.AddIndex("job", models.Index(fields=["finished_at"], name="job_finished_at")),
        resolver("jobs_to_run(kinds text[])", "table (tenant_id uuid, job_id bigint)", RUNNABLE),
        resolver("jobs_to_clean(kinds text[])", "table (tenant_id uuid, job_id bigint)", STALE),
    ]
