"""Policies, grants, resolvers, the audit trail's lock, and the system tenant."""

from django.db import migrations

from accounts.rls import resolver, shared_table, tenant_table

MEMBER = (
    "table (tenant_id uuid, tenant_number int, slug text, tenant_name text, time_zone text, user_id bigint, role text)"
)
MEMBER_QUERY = (
    "select t.id, t.number, t.slug::text, t.name, t.time_zone, m.user_id, m.role "
    "from accounts_membership m join accounts_tenant t on t.id = m.tenant_id "
)
AUDIT_LOCK = """
create function accounts_audit_is_append_only() returns trigger language plpgsql as $$
begin raise exception 'the audit trail is append-only' using errcode = 'RL003'; end $$;
create trigger append_only before update or delete or truncate on accounts_auditevent
  for each statement execute function accounts_audit_is_append_only();
"""
SYSTEM_TENANT = """
insert into accounts_tenant (id, slug, name, locale, time_zone, legal_name, postal_address, contact_address, created_at)
values ('00000000-0000-7000-8000-000000000001', 'system', 'System', 'en', 'UTC', '', '', '', now())
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("account", "0009_emailaddress_unique_primary_email"),
        ("sessions", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]
    operations = [
        tenant_table("accounts_tenant", key="id", app="select, insert, update", dispatch="select"),
        tenant_table("accounts_membership"),
        tenant_table("accounts_apikey"),
        tenant_table("accounts_sendingdomain", dispatch="select"),
        tenant_table("accounts_dkimkey", dispatch="select"),
        tenant_table("accounts_auditevent", app="select, insert"),
        tenant_table("accounts_job"),
        shared_table("accounts_user"),
        shared_table("account_emailaddress"),
        shared_table("account_emailconfirmation"),
        shared_table("django_session"),
        shared_table("django_content_type", app="select"),
        shared_table("django_migrations", app="select"),
        shared_table("auth_permission", app="select"),
        migrations.RunSQL(AUDIT_LOCK, migrations.RunSQL.noop),
        migrations.RunSQL(SYSTEM_TENANT, migrations.RunSQL.noop),
        resolver(
            "resolve_membership(wanted_slug text, person bigint)",
            MEMBER,
            MEMBER_QUERY + "where t.slug = wanted_slug and m.user_id = person",
        ),
        resolver("memberships_of(person bigint)", MEMBER, MEMBER_QUERY + "where m.user_id = person"),
        resolver(
            "resolve_api_key(wanted bytea)",
            "table (tenant_id uuid, key_id bigint)",
            "select tenant_id, id from accounts_apikey where hash = wanted",
        ),
        resolver(
            "resolve_tenant_number(wanted int)", "uuid", "select id from accounts_tenant where number = wanted"
        ),
        resolver(
            "domains_to_check()",
            "table (tenant_id uuid, domain_id bigint)",
            "select tenant_id, id from accounts_sendingdomain order by checked_at nulls first limit 500",
        ),
    ]
