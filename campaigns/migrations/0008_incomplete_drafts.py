"""A draft may be incomplete, and knows how often it was saved."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0007_contact_pages")]
    operations = [
        migrations.AddField("campaign", "version", models.IntegerField(default=1, db_default=1)),
        migrations.AlterField(
            "campaign",
            "mailing_list",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="campaigns.contactlist",
            ),
        ),
        migrations.AlterField("campaign", "from_address", models.TextField(default="")),
        migrations.AlterField("campaign", "subject", models.TextField(default="")),
        migrations.AlterField("campaign", "html_source", models.TextField(default="")),
    ]
