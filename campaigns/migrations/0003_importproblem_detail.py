"""What a problem is about: the column's name, or the first line of a repeated address."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0002_tenancy")]
    operations = [
        migrations.AddField("importproblem", "detail", models.TextField(default="")),
    ]
