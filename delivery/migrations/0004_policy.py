"""Suspensions and slow-downs with scope, reason and end."""

import django.db.models.functions.datetime
from django.db import migrations, models

from accounts.rls import shared_table


class Migration(migrations.Migration):

    dependencies = [
        ('delivery', '0003_inbound_to_handle'),
    ]

    operations = [
        migrations.CreateModel(
            name='PolicyState',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('provider_id', models.IntegerField(null=True)),
                ('site_id', models.BigIntegerField(null=True)),
                ('host', models.TextField(blank=True, default='')),
                ('source_id', models.BigIntegerField(null=True)),
                ('pool_id', models.BigIntegerField(null=True)),
                ('stream', models.SmallIntegerField(choices=[(0, 'System'), (1, 'Transactional'), (2, 'Marketing')], null=True)),
                ('tenant_id', models.UUIDField(db_column='of_tenant', null=True)),
                ('domain', models.TextField(blank=True, default='')),
                ('campaign_id', models.BigIntegerField(null=True)),
                ('action', models.TextField(choices=[('suspend', 'Suspend'), ('connections', 'Connections'), ('messages_per_connection', 'Messages Per Connection'), ('rate_per_minute', 'Rate Per Minute')])),
                ('value', models.IntegerField(null=True)),
                ('rule', models.TextField(blank=True, default='')),
                ('evidence', models.TextField(blank=True, default='')),
                ('reason', models.TextField()),
                ('set_by', models.TextField()),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('until', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('ended_by', models.TextField(blank=True, default='')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('ended_at', None)), fields=['until'], name='policystate_not_ended')],
                'constraints': [models.CheckConstraint(condition=models.Q(('action', 'suspend'), models.Q(('value__gt', 0), ('value__isnull', False)), _connector='OR'), name='policystate_has_value')],
            },
        ),
        shared_table(
            "delivery_policystate", app="select, insert, update", dispatch="select, insert, update"
        ),
    ]
