"""Facts that no row's state tells: they are announced, and noted in the feed by this function alone."""

from django.db import migrations

NOTE = """
create function note_own_fact(event uuid, kind text, data jsonb) returns void language sql volatile security definer
set search_path = public, pg_temp as $$
  insert into tracking_eventbatch (tenant_id, source, n, keys, words, detail)
  values (app_tenant(), 4, 1, array[event], array[0], jsonb_build_object('type', kind, 'data', data))
$$;
revoke all on function note_own_fact(uuid, text, jsonb) from public;
grant execute on function note_own_fact(uuid, text, jsonb) to relay_app;
"""


class Migration(migrations.Migration):
    dependencies = [("tracking", "0010_dmarc")]
    operations = [migrations.RunSQL(NOTE, reverse_sql="drop function note_own_fact(uuid, text, jsonb)")]
