"""Webhooks: endpoints, calls, attempts, sums by hour and replays."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

from accounts.rls import resolver, tenant_table
from tracking.migrations._webhooks import CALLS, TO_TELL, UNDO_CALLS


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0009_people_and_requests'),
        ('tracking', '0005_event_feed'),
    ]

    operations = [
        migrations.CreateModel(
            name='WebhookEndpoint',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('url', models.TextField()),
                ('userinfo_sealed', models.BinaryField(null=True)),
                ('description', models.TextField(default='')),
                ('types', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), default=list, size=None)),
                ('streams', django.contrib.postgres.fields.ArrayField(base_field=models.SmallIntegerField(), default=list, size=None)),
                ('tags', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), default=list, size=None)),
                ('format', models.TextField(choices=[('standard', 'Standard Webhooks'), ('postmark', 'Postmark')], default='standard')),
                ('batch', models.SmallIntegerField(default=1)),
                ('state', models.TextField(choices=[('active', 'Active'), ('paused', 'Paused'), ('disabled', 'Disabled')], default='active')),
                ('reason', models.TextField(blank=True, default='')),
                ('disabled_at', models.DateTimeField(null=True)),
                ('told_at', models.DateTimeField(null=True)),
                ('secret_sealed', models.BinaryField()),
                ('old_secret_sealed', models.BinaryField(null=True)),
                ('old_secret_until', models.DateTimeField(null=True)),
                ('position', models.BigIntegerField(default=0)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('failures', models.IntegerField(default=0)),
                ('failing_since', models.DateTimeField(null=True)),
                ('open_until', models.DateTimeField(null=True)),
                ('last_success_at', models.DateTimeField(null=True)),
                ('last_failure_at', models.DateTimeField(null=True)),
                ('last_error', models.TextField(default='')),
                ('tenant', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.tenant')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='WebhookReplay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.BigIntegerField()),
                ('last', models.BigIntegerField()),
                ('since', models.DateTimeField()),
                ('until', models.DateTimeField()),
                ('calls', models.BigIntegerField(default=0)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('done_at', models.DateTimeField(null=True)),
                ('endpoint', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tracking.webhookendpoint')),
                ('tenant', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.tenant')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.AddIndex(
            model_name='webhookendpoint',
            index=models.Index(fields=['tenant', 'id'], name='webhookendpoint_tenant_id'),
        ),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name='WebhookAttempt',
                    fields=[
                        ('pk', models.CompositePrimaryKey('tenant', 'call_id', 'number', blank=True, editable=False, primary_key=True, serialize=False)),
                        ('call_id', models.UUIDField()),
                        ('number', models.SmallIntegerField()),
                        ('at', models.DateTimeField()),
                        ('milliseconds', models.IntegerField()),
                        ('address', models.TextField(default='')),
                        ('request_headers', models.TextField(default='')),
                        ('status', models.SmallIntegerField(null=True)),
                        ('error', models.TextField(default='')),
                        ('detail', models.TextField(default='')),
                        ('response_headers', models.TextField(default='')),
                        ('response_body', models.TextField(default='')),
                        ('response_cut', models.BooleanField(default=False)),
                        ('tenant', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.tenant')),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                migrations.CreateModel(
                    name='WebhookCall',
                    fields=[
                        ('pk', models.CompositePrimaryKey('tenant', 'id', blank=True, editable=False, primary_key=True, serialize=False)),
                        ('id', models.UUIDField()),
                        ('endpoint_id', models.BigIntegerField()),
                        ('origin', models.TextField(choices=[('event', 'Event'), ('replay', 'Replay'), ('test', 'Test')])),
                        ('webhook_id', models.TextField()),
                        ('types', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), default=list, size=None)),
                        ('n', models.SmallIntegerField(default=1)),
                        ('first', models.BigIntegerField(default=0)),
                        ('message_id', models.UUIDField(null=True)),
                        ('body', models.TextField()),
                        ('state', models.TextField(choices=[('waiting', 'Waiting'), ('delivered', 'Delivered'), ('failed', 'Given up')], default='waiting')),
                        ('urgent', models.BooleanField(default=False)),
                        ('attempts', models.SmallIntegerField(default=0)),
                        ('next_attempt_at', models.DateTimeField()),
                        ('last_status', models.SmallIntegerField(null=True)),
                        ('last_error', models.TextField(default='')),
                        ('created_at', models.DateTimeField()),
                        ('done_at', models.DateTimeField(null=True)),
                        ('tenant', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.tenant')),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                migrations.CreateModel(
                    name='WebhookHour',
                    fields=[
                        ('pk', models.CompositePrimaryKey('tenant', 'endpoint_id', 'hour', blank=True, editable=False, primary_key=True, serialize=False)),
                        ('endpoint_id', models.BigIntegerField()),
                        ('hour', models.DateTimeField()),
                        ('succeeded', models.BigIntegerField(default=0)),
                        ('failed', models.BigIntegerField(default=0)),
                        ('milliseconds', models.BigIntegerField(default=0)),
                        ('tenant', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.tenant')),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
            ],
            database_operations=[migrations.RunSQL(CALLS, reverse_sql=UNDO_CALLS)],
        ),
        tenant_table("tracking_webhookendpoint", dispatch="select, update"),
        tenant_table("tracking_webhookreplay", app="select, insert, update", dispatch="select, update, delete"),
        tenant_table("tracking_webhookcall", app="select, insert, update", dispatch="select, insert, update, delete"),
        tenant_table("tracking_webhookattempt", app="select", dispatch="select, insert, delete"),
        tenant_table("tracking_webhookhour", app="select", dispatch="select, insert, update, delete"),
        resolver("webhooks_to_tell()", "table (tenant_id uuid, endpoint_id bigint)", TO_TELL),
    ]
