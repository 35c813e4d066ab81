"""SQL of the pages of contacts: the names to search by, and how many people a list has."""

NAMES = """
-- At most 60 characters: an index entry has its limits, and nobody types more.
create function contact_search_key(name text) returns text language sql immutable parallel safe as
$$ select nullif(left(lower(normalize(translate(name, ' ' || U&'\\3000', ''), NFKC)), 60), '') $$;
create function contact_family_key(attrs jsonb) returns text language sql immutable parallel safe as
$$ select contact_search_key(coalesce(
  nullif(coalesce(attrs->>'last_name', '') || coalesce(attrs->>'first_name', ''), ''), attrs->>'full_name')) $$;
create function contact_given_key(attrs jsonb) returns text language sql immutable parallel safe as
$$ select contact_search_key(case when attrs ? 'first_name'
  then coalesce(attrs->>'first_name', '') || coalesce(attrs->>'last_name', '') end) $$;
"""

COUNTING = """
create function headcount_add(tenant uuid, list bigint, more_here bigint, more_away bigint) returns void
language sql as $$
with free as (
  select id from campaigns_headcount where tenant_id = tenant and mailing_list_id = list
  order by id limit 50 for update skip locked
), taken as (
  delete from campaigns_headcount h using free where h.id = free.id returning h.here, h.away
)
insert into campaigns_headcount (tenant_id, mailing_list_id, here, away)
select tenant, list, more_here + coalesce(sum(here), 0), more_away + coalesce(sum(away), 0) from taken
$$;

create function headcount_contacts() returns trigger language plpgsql as $$
declare one record;
begin
  if tg_op = 'INSERT' then
    for one in select tenant_id, count(*) as n from added group by tenant_id loop
      perform headcount_add(one.tenant_id, 0, one.n, 0);
    end loop;
  else
    for one in select tenant_id, -count(*) as n from gone group by tenant_id loop
      perform headcount_add(one.tenant_id, 0, one.n, 0);
    end loop;
  end if;
  return null;
end $$;
create trigger headcount_added after insert on campaigns_contact referencing new table as added
  for each statement execute function headcount_contacts();
create trigger headcount_gone after delete on campaigns_contact referencing old table as gone
  for each statement execute function headcount_contacts();

create function headcount_subscriptions() returns trigger language plpgsql as $$
declare one record;
begin
  if tg_op = 'INSERT' then
    for one in select tenant_id, mailing_list_id, count(*) filter (where state = 'subscribed') as here,
        count(*) filter (where state <> 'subscribed') as away from added group by 1, 2 loop
      perform headcount_add(one.tenant_id, one.mailing_list_id, one.here, one.away);
    end loop;
  elsif tg_op = 'DELETE' then
    for one in select tenant_id, mailing_list_id, count(*) filter (where state = 'subscribed') as here,
        count(*) filter (where state <> 'subscribed') as away from gone group by 1, 2 loop
      perform headcount_add(one.tenant_id, one.mailing_list_id, -one.here, -one.away);
    end loop;
  else
    for one in select tenant_id, mailing_list_id, sum(here) as here, sum(away) as away from (
        select tenant_id, mailing_list_id, (state = 'subscribed')::int as here,
          (state <> 'subscribed')::int as away from added
        union all
        select tenant_id, mailing_list_id, -(state = 'subscribed')::int, -(state <> 'subscribed')::int from gone
      ) moved group by 1, 2 having sum(here) <> 0 or sum(away) <> 0 loop
      perform headcount_add(one.tenant_id, one.mailing_list_id, one.here, one.away);
    end loop;
  end if;
  return null;
end $$;
create trigger headcount_added after insert on campaigns_subscription referencing new table as added
  for each statement execute function headcount_subscriptions();
create trigger headcount_gone after delete on campaigns_subscription referencing old table as gone
  for each statement execute function headcount_subscriptions();
create trigger headcount_moved after update on campaigns_subscription
  referencing old table as gone new table as added
  for each statement execute function headcount_subscriptions();

insert into campaigns_headcount (tenant_id, mailing_list_id, here, away)
select tenant_id, 0, count(*), 0 from campaigns_contact group by tenant_id;
insert into campaigns_headcount (tenant_id, mailing_list_id, here, away)
select tenant_id, mailing_list_id, count(*) filter (where state = 'subscribed'),
  count(*) filter (where state <> 'subscribed') from campaigns_subscription group by 1, 2;
"""
