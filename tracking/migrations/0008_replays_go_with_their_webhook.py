"""A webhook that is deleted takes its replays with it."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("tracking", "0007_message_share")]
    operations = [
        migrations.RunSQL(
            "grant delete on tracking_webhookreplay to relay_app",
            reverse_sql="revoke delete on tracking_webhookreplay from relay_app",
        )
    ]
