"""Policies and grants of campaigns."""

from django.db import migrations

from accounts.rls import tenant_table


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0001_initial"), ("accounts", "0002_tenancy")]
    operations = [
        tenant_table("campaigns_contact", dispatch="select"),
        tenant_table("campaigns_contactfield"),
        tenant_table("campaigns_contactlist", dispatch="select"),
        tenant_table("campaigns_subscription", dispatch="select"),
        tenant_table("campaigns_suppression", dispatch="select, insert"),
        tenant_table("campaigns_content", app="select, insert", dispatch="select"),
        tenant_table("campaigns_link", app="select, insert", dispatch="select"),
        tenant_table("campaigns_campaign", dispatch="select"),
        tenant_table("campaigns_contactimport"),
        tenant_table("campaigns_importproblem"),
    ]
