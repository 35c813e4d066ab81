"""What becomes of a test key's mail, for the feed of events."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("delivery", "0021_lane_of_domain")]
    operations = [migrations.AddField("simulatedmail", "story", models.JSONField(default=list))]
