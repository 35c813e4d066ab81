"""A source speaks one family of addresses, so a site must tell which its hosts have."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('delivery', '0008_manners'),
    ]

    operations = [
        migrations.AddField(
            model_name='site',
            name='families',
            field=models.SmallIntegerField(db_default=3),
        ),
    ]
