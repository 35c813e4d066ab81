"""Invitations, the log of API requests, and indexes for the pages of the audit trail."""

import django.db.models.deletion
from django.db import migrations, models

from accounts.rls import resolver, tenant_table

ROLES = [
    ("owner", "Owner"),
    ("admin", "Administrator"),
    ("marketer", "Marketer"),
    ("approver", "Approver"),
    ("analyst", "Analyst"),
    ("developer", "Developer"),
    ("billing", "Billing"),
]


JOBS = (
    "table (tenant_id uuid, tenant_slug text, job_id bigint, kind text, title text, state text, done bigint, "
    "total bigint, code text, created_at timestamptz, started_at timestamptz, finished_at timestamptz, "
    "heartbeat_at timestamptz)"
)
JOBS_QUERY = """
select j.tenant_id, t.slug, j.id, j.kind, j.title, j.state, j.done, j.total, coalesce(j.error ->> 'code', ''),
  j.created_at, j.started_at, j.finished_at, j.heartbeat_at
from accounts_job j join accounts_tenant t on t.id = j.tenant_id
where not open or j.finished_at is null order by j.id desc limit most
"""


def _tenant():
    return models.ForeignKey(
        db_index=False,
        on_delete=django.db.models.deletion.PROTECT,
        related_name="+",
        to="accounts.tenant",
    )


class Migration(migrations.Migration):
    dependencies = [("accounts", "0008_jobs")]
    operations = [
        migrations.CreateModel(
            "Invitation",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("email", models.TextField()),
                ("role", models.TextField(choices=ROLES)),
                ("hash", models.BinaryField(unique=True)),
                ("invited_by", models.TextField()),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("sent_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("accepted_at", models.DateTimeField(null=True)),
                ("revoked_at", models.DateTimeField(null=True)),
                ("tenant", _tenant()),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(
                        fields=["tenant", "email"],
                        condition=models.Q(("accepted_at", None), ("revoked_at", None)),
                        name="invitation_open_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            "ApiRequest",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("key_id", models.BigIntegerField()),
                ("method", models.TextField()),
                ("path", models.TextField()),
                ("status", models.SmallIntegerField()),
                ("code", models.TextField(default="")),
                ("milliseconds", models.IntegerField()),
                ("request_id", models.TextField()),
                ("tenant", _tenant()),
            ],
            options={
                "abstract": False,
                "indexes": [
                    models.Index(fields=["tenant", "-id"], name="apirequest_newest"),
                    models.Index(fields=["tenant", "key_id", "-id"], name="apirequest_of_key"),
                    models.Index(fields=["tenant", "request_id"], name="apirequest_by_id"),
                    models.Index(
                        fields=["tenant", "-id"],
                        condition=models.Q(("status__gte", 400)),
                        name="apirequest_refused",
                    ),
                    models.Index(fields=["tenant", "at"], name="apirequest_age"),
                ],
            },
        ),
        migrations.AddIndex(
            "auditevent", models.Index(fields=["tenant", "user_id", "-id"], name="audit_person")
        ),
        migrations.AddIndex("auditevent", models.Index(fields=["tenant", "verb", "-id"], name="audit_verb")),
        migrations.AddIndex("auditevent", models.Index(fields=["tenant", "at"], name="audit_time")),
        tenant_table("accounts_invitation"),
        tenant_table("accounts_apirequest"),
        resolver(
            "resolve_invitation(wanted bytea)",
            "table (tenant_id uuid, invitation_id bigint)",
            "select tenant_id, id from accounts_invitation where hash = wanted",
        ),
        resolver(
            "tenants_with_old_requests(before timestamptz)",
            "setof uuid",
            "select t.id from accounts_tenant t "
            "where exists (select from accounts_apirequest r where r.tenant_id = t.id and r.at < before)",
        ),
        resolver("ops_jobs(open boolean, most int)", JOBS, JOBS_QUERY),
    ]
