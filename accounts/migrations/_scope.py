"""SQL that everything else stands on: the scope that policies read, and the numbers of tenants."""

SCOPE = """
revoke create on schema public from public;
grant usage on schema public to relay_app, relay_dispatch;

-- Raises without a scope: 0 rows would hide a lost scope as an empty page.
create function app_tenant() returns uuid language plpgsql stable parallel safe as $$
declare scope text := current_setting('app.tenant_id', true);
begin
  if scope is null or scope = '' then
    raise exception 'no tenant scope' using errcode = 'RL001';
  end if;
  return scope::uuid;
end $$;

create sequence accounts_tenant_number as integer;
grant usage on sequence accounts_tenant_number to relay_app;
"""
