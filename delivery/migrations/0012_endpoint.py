"""What an attempt's event record still lacked: the address, the encryption, the size of the message."""

from django.db import migrations, models

from accounts.rls import shared_table


class Migration(migrations.Migration):
    dependencies = [
        ("delivery", "0011_operators_pages"),
    ]
    operations = [
        migrations.CreateModel(
            name="Endpoint",
            fields=[
                ("id", models.AutoField(primary_key=True, serialize=False)),
                ("address", models.GenericIPAddressField()),
                ("port", models.IntegerField()),
                ("tls_version", models.TextField(blank=True, default="")),
                ("tls_cipher", models.TextField(blank=True, default="")),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("address", "port", "tls_version", "tls_cipher"), name="endpoint_once"
                    )
                ]
            },
        ),
        shared_table("delivery_endpoint", app="select, insert", dispatch="select, insert"),
        migrations.AddField("attempt", "endpoint_id", models.IntegerField(null=True)),
        migrations.AddField("attempt", "size", models.IntegerField(null=True)),
    ]
