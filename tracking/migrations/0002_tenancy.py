"""Policies and grants of tracking."""

from django.db import migrations

from accounts.rls import tenant_table


class Migration(migrations.Migration):
    dependencies = [("tracking", "0001_initial"), ("delivery", "0002_tenancy")]
    operations = [
        tenant_table("tracking_engagement", app="select, insert"),
        tenant_table("tracking_reaction", app="select, insert"),
        tenant_table("tracking_engagementcounter", app="select, insert, update"),
    ]
