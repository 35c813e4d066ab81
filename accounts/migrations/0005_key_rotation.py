"""Rotation of signing keys, and a switch for the second signature."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_operators")]
    operations = [
        migrations.AddField("dkimkey", "announced_at", models.DateTimeField(null=True)),
        migrations.AddField("dkimkey", "retired_at", models.DateTimeField(null=True)),
        migrations.AddField("sendingdomain", "signs_ed25519", models.BooleanField(db_default=True, default=True)),
    ]
