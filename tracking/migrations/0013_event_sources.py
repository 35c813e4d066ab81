"""The event feed's sources by name: test events are one of them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tracking", "0012_test_events")]
    operations = [
        migrations.AlterField(
            "eventbatch",
            "source",
            models.SmallIntegerField(
                choices=[(1, "Attempts"), (2, "Engagements"), (3, "Accepted"), (4, "Facts"), (5, "Tests")]
            ),
        ),
    ]
