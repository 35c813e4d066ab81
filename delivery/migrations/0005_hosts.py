"""Who of our machines is dead, and which database this is."""

from django.db import migrations, models

from accounts.rls import shared_table


class Migration(migrations.Migration):

    dependencies = [
        ('delivery', '0004_policy'),
    ]

    operations = [
        migrations.CreateModel(
            name='EgressHost',
            fields=[
                ('name', models.TextField(primary_key=True, serialize=False)),
                ('boot_id', models.TextField()),
                ('boot_at', models.DateTimeField()),
                ('dead_at', models.DateTimeField(null=True)),
                ('dead_reason', models.TextField(blank=True, default='')),
                ('dead_by', models.TextField(blank=True, default='')),
            ],
        ),
        migrations.CreateModel(
            name='Incarnation',
            fields=[
                ('id', models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                ('system', models.TextField()),
                ('generation', models.BigIntegerField(default=0)),
                ('restored_at', models.DateTimeField(null=True)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='incarnation_one_row')],
            },
        ),
        shared_table("delivery_egresshost", app="select, insert, update", dispatch="select, insert, update"),
        shared_table("delivery_incarnation", app="select", dispatch="select, insert, update"),
    ]
