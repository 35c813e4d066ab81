"""Receivers' reports about domains: a kind of inbound mail, and the way to those that nobody has read."""

from django.db import migrations, models

from accounts.rls import resolver

UNREAD_QUERY = """
select tenant_id, id from delivery_inboundmail where told_at is null and kind = 'dmarc'
  and received_at < now() - interval '1 minute' and received_at > now() - interval '7 days' order by id limit 200
"""


class Migration(migrations.Migration):
    dependencies = [("delivery", "0019_domain_gates")]
    operations = [
        migrations.AlterField(
            "inboundmail",
            "kind",
            models.TextField(
                choices=[
                    ("dsn", "Dsn"),
                    ("complaint", "Complaint"),
                    ("unsubscribe", "Unsubscribe"),
                    ("auto_reply", "Auto Reply"),
                    ("reply", "Reply"),
                    ("role", "Role"),
                    ("dmarc", "Dmarc"),
                    ("other", "Other"),
                ]
            ),
        ),
        migrations.AddIndex(
            "inboundmail",
            models.Index(
                fields=["id"],
                condition=models.Q(told_at=None, kind="dmarc"),
                name="inbound_unread_report",
            ),
        ),
        resolver("inbound_reports_to_read()", "table (tenant_id uuid, inbound_id bigint)", UNREAD_QUERY),
    ]
