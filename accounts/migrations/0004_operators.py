"""Who operates the relay itself."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_tenant_slug")]
    operations = [migrations.AddField("user", "is_staff", models.BooleanField(default=False))]
