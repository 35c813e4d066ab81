"""What MX hosts have shown: extensions that are broken although offered, or proven."""

import django.db.models.fields.composite
from django.db import migrations, models

from accounts.rls import shared_table


class Migration(migrations.Migration):

    dependencies = [
        ('delivery', '0006_operations'),
    ]

    operations = [
        migrations.CreateModel(
            name='HostTrait',
            fields=[
                ('pk', django.db.models.fields.composite.CompositePrimaryKey('host', 'extension', blank=True, editable=False, primary_key=True, serialize=False)),
                ('host', models.TextField()),
                ('extension', models.TextField(choices=[('starttls', 'STARTTLS'), ('pipelining', 'PIPELINING'), ('chunking', 'CHUNKING')])),
                ('works', models.BooleanField()),
                ('evidence', models.TextField(blank=True, default='')),
                ('learned_at', models.DateTimeField()),
                ('until', models.DateTimeField()),
            ],
        ),
        shared_table("delivery_hosttrait", app="select, delete", dispatch="select, insert, update"),
    ]
