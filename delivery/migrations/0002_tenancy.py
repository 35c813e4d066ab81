"""Policies, grants and the sweepers' questions of delivery."""

from django.db import migrations

from accounts.rls import resolver, shared_table, tenant_table

PROVIDER_ZERO = "insert into delivery_provider (id, name, max_connections, max_messages_per_connection) values (0, '', 1, 1)"


class Migration(migrations.Migration):
    dependencies = [("delivery", "0001_initial"), ("campaigns", "0002_tenancy")]
    operations = [
        tenant_table("delivery_message", app="select, insert", dispatch="select"),
        tenant_table("delivery_attempt", app="select, insert", dispatch="select, insert"),
        tenant_table("delivery_transcript", app="select, insert", dispatch="select, insert"),
        tenant_table("delivery_reply", app="select, insert", dispatch="select, insert"),
        tenant_table("delivery_queueentry", dispatch="select, insert, update, delete"),
        tenant_table("delivery_counter", app="select, insert, update", dispatch="select, insert, update"),
        tenant_table("delivery_rollup", app="select, insert, update", dispatch="select, insert, update"),
        tenant_table("delivery_lane", dispatch="select, insert, update, delete"),
        tenant_table("delivery_launch", app="select, insert, update"),
        tenant_table("delivery_submission", app="select, insert", dispatch="select"),
        tenant_table("delivery_inboundmail", app="select, insert, update"),
        shared_table("delivery_transition", app="select", dispatch="select"),
        shared_table("delivery_domain", app="select, insert, update", dispatch="select, insert, update"),
        shared_table("delivery_site", app="select, insert, update", dispatch="select, insert, update"),
        shared_table("delivery_provider", app="select, insert, update", dispatch="select, insert, update"),
        shared_table("delivery_egresspool", app="select, insert, update", dispatch="select"),
        shared_table("delivery_egresssource", app="select, insert, update", dispatch="select"),
        shared_table("delivery_queuerun", app="select", dispatch="select, insert, update, delete"),
        shared_table("delivery_permit", app="select", dispatch="select, insert, update, delete"),
        migrations.RunSQL(PROVIDER_ZERO, migrations.RunSQL.noop),
        resolver(
            "launches_to_write()",
            "table (tenant_id uuid, campaign_id bigint)",
            "select tenant_id, id from campaigns_campaign where state = 'launching'",
        ),
        resolver(
            "campaigns_to_finish()",
            "table (tenant_id uuid, campaign_id bigint)",
            "select c.tenant_id, c.id from campaigns_campaign c where c.state in ('sending', 'paused', 'cancelled') "
            "and c.finished_at is null and c.audience is not null and not exists (select from delivery_lane l "
            "join delivery_queueentry q on q.lane_id = l.id where l.tenant_id = c.tenant_id and l.campaign_id = c.id)",
        ),
    ]
