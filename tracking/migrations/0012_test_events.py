"""Events of test keys' mail in the feed, and webhooks that are told of them alone."""

from django.db import migrations, models

from tracking.migrations._test_events import NOTES, NUMBERS, UNDO_NOTES


class Migration(migrations.Migration):
    dependencies = [("tracking", "0011_note_fact"), ("delivery", "0022_story_of_test_mail")]
    operations = [
        migrations.AddField(
            "webhookendpoint",
            "mode",
            models.TextField(
                choices=[("live", "Real mail"), ("test", "Mail of test keys")], db_default="live", default="live"
            ),
        ),
        migrations.RunSQL(NOTES, reverse_sql=UNDO_NOTES),
        migrations.RunSQL(NUMBERS, reverse_sql=migrations.RunSQL.noop),
    ]
