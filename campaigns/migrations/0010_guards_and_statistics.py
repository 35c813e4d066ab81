"""Why a campaign was paused by the system, and fresh statistics after a large import."""

from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models

# Until autovacuum comes by, the planner takes the tables for as small as they were before the import, and reads
# hundreds of thousands of rows once for each that it finds. Whoever analyzes now is not waited for.
STATISTICS = """
create function keep_contact_statistics() returns void language plpgsql volatile security definer
set search_path = public, pg_temp as $fn$
begin
  analyze (skip_locked) campaigns_contact;
  analyze (skip_locked) campaigns_subscription;
end $fn$;
revoke all on function keep_contact_statistics() from public;
grant execute on function keep_contact_statistics() to relay_app
"""


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0009_import_wizard")]
    operations = [
        migrations.AddField("campaign", "stopped_for", models.TextField(db_default="", default="")),
        migrations.AddField("campaign", "guards", ArrayField(models.TextField(), db_default=[], default=list)),
        migrations.RunSQL(STATISTICS, "drop function keep_contact_statistics()"),
    ]
