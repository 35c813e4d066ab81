"""What stands above the shipped limits: overrides, what sites have taught, warm-up, whose mail a pool carries."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

from accounts.rls import shared_table


class Migration(migrations.Migration):

    dependencies = [
        ('delivery', '0007_hosttrait'),
    ]

    operations = [
        migrations.CreateModel(
            name='RuleHit',
            fields=[
                ('pk', models.CompositePrimaryKey('rule', 'scope', 'minute', blank=True, editable=False, primary_key=True, serialize=False)),
                ('rule', models.TextField()),
                ('scope', models.TextField()),
                ('minute', models.DateTimeField()),
                ('n', models.IntegerField()),
            ],
        ),
        migrations.CreateModel(
            name='SiteFeedback',
            fields=[
                ('pk', models.CompositePrimaryKey('source_id', 'site_id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('source_id', models.BigIntegerField()),
                ('site_id', models.BigIntegerField()),
                ('connections', models.FloatField()),
                ('failures', models.SmallIntegerField(default=0)),
                ('quiet_until', models.DateTimeField(null=True)),
                ('opened_at', models.DateTimeField(null=True)),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.CreateModel(
            name='WarmupDay',
            fields=[
                ('pk', models.CompositePrimaryKey('source_id', 'provider_id', 'day', blank=True, editable=False, primary_key=True, serialize=False)),
                ('source_id', models.BigIntegerField()),
                ('provider_id', models.IntegerField()),
                ('day', models.DateField()),
                ('taken', models.IntegerField()),
            ],
        ),
        migrations.CreateModel(
            name='ShapingOverride',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('provider_id', models.IntegerField(null=True)),
                ('site_id', models.BigIntegerField(null=True)),
                ('source_id', models.BigIntegerField(null=True)),
                ('pool_id', models.BigIntegerField(null=True)),
                ('tenant_id', models.UUIDField(db_column='of_tenant', null=True)),
                ('setting', models.TextField()),
                ('value', models.TextField()),
                ('reason', models.TextField(blank=True, default='')),
                ('set_by', models.TextField()),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('provider_id', 'site_id', 'source_id', 'pool_id', 'tenant_id', 'setting'), name='shapingoverride_scope', nulls_distinct=False)],
            },
        ),
        migrations.CreateModel(
            name='WarmupPlan',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('source_id', models.BigIntegerField()),
                ('provider_id', models.IntegerField(null=True)),
                ('started_on', models.DateField()),
                ('steps', django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), size=None)),
                ('set_by', models.TextField()),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('source_id', 'provider_id'), name='warmupplan_source_provider', nulls_distinct=False)],
            },
        ),
        migrations.CreateModel(
            name='PoolAssignment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('tenant_id', models.UUIDField(db_column='of_tenant', null=True)),
                ('stream', models.SmallIntegerField(choices=[(0, 'System'), (1, 'Transactional'), (2, 'Marketing')], null=True)),
                ('pool', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='delivery.egresspool')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('tenant_id', 'stream'), name='poolassignment_whose', nulls_distinct=False)],
            },
        ),
        shared_table("delivery_rulehit", app="select", dispatch="select, insert, update, delete"),
        shared_table("delivery_sitefeedback", app="select", dispatch="select, insert, update, delete"),
        shared_table("delivery_warmupday", app="select", dispatch="select, insert, update"),
        shared_table("delivery_warmupplan", app="select, insert, update, delete", dispatch="select"),
        shared_table("delivery_shapingoverride", app="select, insert, update, delete", dispatch="select"),
        shared_table("delivery_poolassignment", app="select, insert, update, delete", dispatch="select"),
    ]
