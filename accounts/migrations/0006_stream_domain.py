"""A sending domain may belong to one stream alone."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_key_rotation")]
    operations = [
        migrations.AddField(
            "sendingdomain",
            "stream",
            models.SmallIntegerField(
                choices=[(0, "System"), (1, "Transactional"), (2, "Marketing")], null=True
            ),
        ),
        migrations.AddConstraint(
            "sendingdomain",
            models.UniqueConstraint(fields=["tenant", "stream"], name="sendingdomain_of_stream"),
        ),
    ]
