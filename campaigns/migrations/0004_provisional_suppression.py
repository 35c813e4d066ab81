"""A bounce's suppression says which rule and site made it, and until when it is provisional."""

from django.db import migrations, models

from accounts.rls import resolver

# Undoing asks every organization that has any; deleting happens in each one's own scope.
TENANTS_QUERY = """
select distinct tenant_id from campaigns_suppression
where reason = 'bounced' and rule = of_rule and created_at >= since and created_at < before
  and (sites is null or site_id = any(sites))
"""


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0003_importproblem_detail")]
    operations = [
        migrations.AddField("suppression", "rule", models.TextField(db_default="")),
        migrations.AddField("suppression", "site_id", models.BigIntegerField(null=True)),
        migrations.AddField("suppression", "provisional_until", models.DateTimeField(null=True)),
        migrations.AddIndex(
            "suppression", models.Index(fields=["created_at"], name="suppression_created_at")
        ),
        resolver(
            "tenants_with_bounces(of_rule text, sites bigint[], since timestamptz, before timestamptz)",
            "table (tenant_id uuid)",
            TENANTS_QUERY,
        ),
    ]
