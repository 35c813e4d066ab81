"""Whole messages by SMTP: their octets, and receipts that make a repeated one recognizable."""

from django.db import migrations, models

from accounts.rls import tenant_table

# Longer than any server tries again.
FORGET = """
create function forget_submission_receipts() returns bigint language sql volatile security definer
set search_path = public, pg_temp as $fn$
with old as (
  select id from delivery_submissionreceipt where created_at < now() - interval '6 days' order by created_at limit 20000
), gone as (delete from delivery_submissionreceipt r using old where r.id = old.id returning 1)
select count(*) from gone
$fn$;
revoke all on function forget_submission_receipts() from public;
grant execute on function forget_submission_receipts() to relay_app
"""


class Migration(migrations.Migration):
    dependencies = [("delivery", "0015_restored_by_id"), ("accounts", "0009_people_and_requests")]
    operations = [
        migrations.AddField("submission", "smtp_credential_id", models.BigIntegerField(null=True)),
        migrations.AddField("submission", "mail_from", models.TextField(default="")),
        migrations.AddField("submission", "dsn", models.JSONField(default=dict)),
        migrations.AddField("submission", "reused_id", models.BooleanField(default=False)),
        migrations.CreateModel(
            name="RawMail",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant", "content_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("content_id", models.BigIntegerField()),
                ("head", models.BinaryField()),
                ("body", models.BinaryField()),
                ("parts", models.JSONField(default=list)),
                ("null_sender", models.BooleanField(default=False)),
                (
                    "tenant",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.tenant",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SubmissionReceipt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.BinaryField()),
                ("witness", models.BinaryField()),
                ("submission_id", models.UUIDField()),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "tenant",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.tenant",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["tenant", "witness"], name="receipt_tenant_witness"),
                    models.Index(fields=["created_at"], name="receipt_created"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("tenant", "digest"), name="receipt_tenant_digest")
                ],
            },
        ),
        # Octets of mail are mostly encoded text: PostgreSQL's own compression takes more time than it saves space.
        migrations.RunSQL(
            "alter table delivery_rawmail alter column head set storage external, alter column body set storage external",
            migrations.RunSQL.noop,
        ),
        tenant_table("delivery_rawmail", app="select, insert", dispatch="select"),
        tenant_table("delivery_submissionreceipt", app="select, insert, delete"),
        migrations.RunSQL(FORGET, "drop function forget_submission_receipts()"),
    ]
