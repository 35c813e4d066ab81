"""Templates to begin campaigns with, and the pictures that mails show."""

import django.db.models.deletion
from django.db import migrations, models

from accounts.rls import tenant_table


def _key() -> tuple[str, models.Field]:
    return "id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")


def _tenant() -> tuple[str, models.Field]:
    key = models.ForeignKey(
        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.tenant"
    )
    return "tenant", key


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0004_provisional_suppression"), ("accounts", "0002_tenancy")]
    operations = [
        migrations.CreateModel(
            name="Template",
            fields=[
                _key(),
                ("name", models.TextField()),
                (
                    "markup",
                    models.TextField(choices=[("mjml", "MJML"), ("html", "HTML")], default="mjml"),
                ),
                ("html_source", models.TextField(default="")),
                ("text_source", models.TextField(default="")),
                ("version", models.IntegerField(default=1)),
                ("archived_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                _tenant(),
            ],
            options={
                "abstract": False,
                "indexes": [
                    models.Index(fields=["tenant", "-updated_at", "-id"], name="template_tenant_updated")
                ],
            },
        ),
        migrations.CreateModel(
            name="Media",
            fields=[
                _key(),
                ("digest", models.TextField()),
                (
                    "kind",
                    models.TextField(
                        choices=[("png", "PNG"), ("jpg", "JPEG"), ("gif", "GIF"), ("webp", "WebP")]
                    ),
                ),
                ("file_name", models.TextField(default="")),
                ("alt", models.TextField(default="")),
                ("size", models.IntegerField()),
                ("width", models.IntegerField()),
                ("height", models.IntegerField()),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                _tenant(),
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(fields=["tenant", "digest"], name="media_tenant_digest")
                ],
                "indexes": [models.Index(fields=["tenant", "-id"], name="media_tenant_id")],
            },
        ),
        tenant_table("campaigns_template"),
        tenant_table("campaigns_media"),
    ]
