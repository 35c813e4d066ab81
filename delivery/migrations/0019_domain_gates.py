"""Which running campaigns are to be held, because their sending domain's DNS records broke."""

from django.db import migrations

from accounts.rls import resolver

WANTED = """
select d.tenant_id, d.name, c.id from accounts_sendingdomain d
join campaigns_content w on w.tenant_id = d.tenant_id and w.sending_domain_id = d.id
join campaigns_campaign c on c.tenant_id = w.tenant_id and c.content_id = w.id
where d.state = 'broken' and c.state in ('launching', 'sending', 'paused')
"""


class Migration(migrations.Migration):
    dependencies = [("delivery", "0018_notices"), ("accounts", "0012_domain_checks")]
    operations = [
        resolver(
            "domain_gates_wanted()", "table (tenant_id uuid, domain text, campaign_id bigint)", WANTED
        ),
    ]
