"""Keys that replaced each other are one family."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0013_fair_jobs")]
    operations = [migrations.AddField("apikey", "family_id", models.BigIntegerField(null=True))]
