"""An import is prepared by a person: consent, reading, plan and dry check; it can be undone."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

CONSENT = [
    ("form", "They signed up on our website or in our app"),
    ("customers", "They are our customers and were told that we send mail"),
    ("event", "They gave us their address at an event or on a business card"),
    ("paper", "They filled in a form on paper or in a shop"),
    ("moved", "They agreed already with the service that we used before"),
    ("other", "Something else"),
]


def job(on_delete):
    return models.ForeignKey(null=True, on_delete=on_delete, related_name="+", to="accounts.job")


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0008_incomplete_drafts"),
        ("accounts", "0008_jobs"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.AlterField("contactimport", "job", job(django.db.models.deletion.CASCADE)),
        migrations.AddField("contactimport", "check_job", job(django.db.models.deletion.SET_NULL)),
        migrations.AddField("contactimport", "undo_job", job(django.db.models.deletion.SET_NULL)),
        migrations.AddField(
            "contactimport",
            "created_by",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            "contactimport", "consent", models.TextField(choices=CONSENT, db_default="", default="")
        ),
        migrations.AddField("contactimport", "consent_note", models.TextField(db_default="", default="")),
        migrations.AddField("contactimport", "lines", models.BigIntegerField(null=True)),
        migrations.AddField("contactimport", "has_header", models.BooleanField(db_default=True, default=True)),
        migrations.AddField("contactimport", "plan", models.JSONField(db_default=[], default=list)),
        migrations.AddField("contactimport", "findings", models.JSONField(null=True)),
        migrations.AddField("contactimport", "counts", models.JSONField(null=True)),
        migrations.AddField("contactimport", "imported_at", models.DateTimeField(null=True)),
        migrations.AddField("contactimport", "undo_counts", models.JSONField(null=True)),
        migrations.AddField("contactimport", "undone_at", models.DateTimeField(null=True)),
        migrations.AddIndex(
            "contactimport", models.Index(fields=["tenant", "-id"], name="contactimport_tenant_id")
        ),
    ]
