"""What the operators' pages show of bounces, of mail to our roles, and of a restored copy."""

from django.db import migrations, models

from accounts.rls import resolver

# As the index on created_at has it: nothing is provisional for longer than a week.
STRUCK = (
    "table (provider_id int, rule text, hour timestamptz, addresses bigint, tenants bigint, first_at timestamptz, "
    "last_at timestamptz, until timestamptz, detail text)"
)
STRUCK_QUERY = """
select s.provider_id, x.rule, date_trunc('hour', x.created_at, 'UTC'), count(*), count(distinct x.tenant_id),
  min(x.created_at), max(x.created_at), max(x.provisional_until), max(x.detail)
from campaigns_suppression x join delivery_site s on s.id = x.site_id
where x.created_at >= now() - interval '7 days' and x.reason = 'bounced' and x.provisional_until > now()
group by 1, 2, 3 order by 3 desc, 4 desc limit 500
"""
ROLE_MAIL = (
    "table (tenant_id uuid, tenant_slug text, number bigint, kind text, rcpt text, mail_from text, "
    "received_at timestamptz, head bytea, done_at timestamptz, done_by text)"
)
# A complaint that names no message of ours was acted on by nobody either.
ROLE_MAIL_QUERY = """
select i.tenant_id, t.slug, i.id, i.kind, i.rcpt, i.mail_from, i.received_at, substring(i.raw from 1 for 8192),
  i.done_at, i.done_by
from delivery_inboundmail i join accounts_tenant t on t.id = i.tenant_id
where (i.kind = 'role' or (i.kind = 'complaint' and i.message_id is null)) and (i.done_at is null) = open
order by i.id desc limit most
"""
ROLE_OWNER_QUERY = """
select tenant_id from delivery_inboundmail
where id = number and (kind = 'role' or (kind = 'complaint' and message_id is null))
"""
# What was accepted or launched before the restoration: the copy knows of it, but not whether it went out.
RESTORED_QUERY = """
select t.slug, k.id, coalesce(k.name, ''), count(*)
from delivery_queueentry q join delivery_message m on m.tenant_id = q.tenant_id and m.id = q.message_id
left join campaigns_campaign k on k.tenant_id = q.tenant_id and k.id = q.campaign_id
join delivery_incarnation i on m.created_at < i.restored_at or k.launched_at < i.restored_at
join accounts_tenant t on t.id = q.tenant_id
group by 1, 2, 3 order by 1, 2
"""


class Migration(migrations.Migration):
    dependencies = [("delivery", "0010_bounces_and_inbound")]
    operations = [
        migrations.AddField("inboundmail", "done_at", models.DateTimeField(null=True)),
        migrations.AddField("inboundmail", "done_by", models.TextField(db_default="")),
        migrations.AddIndex(
            "inboundmail",
            models.Index(
                fields=["id"],
                condition=models.Q(("done_at", None))
                & (models.Q(("kind", "role")) | models.Q(("kind", "complaint"), ("message_id", None))),
                name="inbound_to_read",
            ),
        ),
        resolver("ops_struck()", STRUCK, STRUCK_QUERY),
        resolver("ops_role_mail(open boolean, most int)", ROLE_MAIL, ROLE_MAIL_QUERY),
        resolver("ops_role_owner(number bigint)", "uuid", ROLE_OWNER_QUERY),
        resolver(
            "ops_restored()",
            "table (tenant text, campaign bigint, name text, messages bigint)",
            RESTORED_QUERY,
        ),
    ]
