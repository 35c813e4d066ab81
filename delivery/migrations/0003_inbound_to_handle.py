"""The question of who sweeps inbound mail: what was kept and not handled."""

from django.db import migrations, models

from accounts.rls import resolver


class Migration(migrations.Migration):
    dependencies = [("delivery", "0002_tenancy")]
    operations = [
        migrations.AddIndex(
            "inboundmail",
            models.Index(fields=["id"], condition=models.Q(handled_at=None), name="inbound_waiting"),
        ),
        resolver(
            "inbound_to_handle()",
            "table (tenant_id uuid, inbound_id bigint)",
            "select tenant_id, id from delivery_inboundmail where handled_at is null "
            "and received_at between now() - interval '7 days' and now() - interval '1 minute' order by id limit 500",
        ),
    ]
