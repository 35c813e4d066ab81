"""Messages of one state in the order of their ids: what a page of refused mail reads."""

from django.db import migrations

INDEX = """
create index delivery_attempt_by_state on delivery_attempt (tenant_id, state, message_id) where state <> 1
"""


class Migration(migrations.Migration):
    dependencies = [("delivery", "0012_endpoint")]
    operations = [migrations.RunSQL(INDEX, reverse_sql="drop index delivery_attempt_by_state")]
