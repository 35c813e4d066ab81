"""Mail without a campaign waits in lanes of its sending domain's own while that is paused."""

from django.db import migrations, models

from accounts.rls import resolver

WANTED = "select d.tenant_id, d.name from accounts_sendingdomain d where d.state = 'broken'"


class Migration(migrations.Migration):
    dependencies = [("delivery", "0020_dmarc_mail")]
    operations = [
        migrations.AddField(
            "lane", "sending_domain", models.TextField(blank=True, db_default="", default="")
        ),
        migrations.RemoveConstraint("lane", "lane_key"),
        migrations.AddConstraint(
            "lane",
            models.UniqueConstraint(
                fields=("tenant", "pool", "source", "site", "stream", "campaign_id", "sending_domain"),
                name="lane_key",
                nulls_distinct=False,
            ),
        ),
        migrations.RunSQL("drop function domain_gates_wanted()", migrations.RunSQL.noop),
        resolver("domain_gates_wanted()", "table (tenant_id uuid, domain text)", WANTED),
    ]
