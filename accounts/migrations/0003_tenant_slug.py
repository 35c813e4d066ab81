"""Commands name an organization by its slug, before any scope is open."""

from django.db import migrations

from accounts.rls import resolver


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_tenancy")]
    operations = [
        resolver("resolve_tenant_slug(wanted text)", "uuid", "select id from accounts_tenant where slug = wanted"),
    ]
