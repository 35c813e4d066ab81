"""DDL of the event feed: what attempts, reactions and states of campaigns and domains note down as they commit."""

TABLES = """
create table tracking_eventfeed (tenant_id uuid not null, last bigint not null default 0,
  constraint tracking_eventfeed_pkey primary key (tenant_id)) with (fillfactor = 50);

-- At most 90 events: so long a row stays in its page. `first` is the number of its first event; null until
-- number_events() gave it one.
create table tracking_eventbatch (
  tenant_id uuid not null, id bigint generated always as identity, source smallint not null, first bigint,
  n smallint not null check (n between 1 and 90), message_ids uuid[] not null default '{}',
  keys uuid[] not null default '{}', words int[] not null default '{}', detail jsonb,
  at timestamptz not null default now(),
  constraint tracking_eventbatch_pkey primary key (tenant_id, id)
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000);
create index tracking_eventbatch_first on tracking_eventbatch (tenant_id, first) where first is not null;
create index tracking_eventbatch_new on tracking_eventbatch (tenant_id, id) where first is null;
create index tracking_eventbatch_at on tracking_eventbatch using brin (at);
"""

#: Sources: 1 attempts (word: number * 16 + state), 2 reactions (key: the engagement; word: kind * 2 + machine),
#: 3 messages accepted by API or SMTP, 4 facts (key: the event; detail: type and data).
NOTES = """
create function note_attempts() returns trigger language plpgsql security definer
set search_path = public, pg_temp as $$
begin
  insert into tracking_eventbatch (tenant_id, source, n, message_ids, words)
  select tenant_id, 1, count(*), array_agg(message_id order by place), array_agg(number * 16 + state order by place)
  from (select tenant_id, message_id, number, state,
      row_number() over (partition by tenant_id order by at, message_id, number) - 1 as place
    from fresh where tenant_id <> '00000000-0000-7000-8000-000000000001') f
  group by tenant_id, place / 90;
  return null;
end $$;

create function note_engagements() returns trigger language plpgsql security definer
set search_path = public, pg_temp as $$
begin
  insert into tracking_eventbatch (tenant_id, source, n, message_ids, keys, words)
  select tenant_id, 2, count(*), array_agg(message_id order by place), array_agg(id order by place),
    array_agg(word order by place)
  from (select tenant_id, message_id, id,
      coalesce(array_position(array['opened', 'clicked', 'unsubscribed', 'subscribed', 'complained'], kind), 0) * 2
        + machine::int as word,
      row_number() over (partition by tenant_id order by at, id) - 1 as place
    from fresh where tenant_id <> '00000000-0000-7000-8000-000000000001') f
  group by tenant_id, place / 45;
  return null;
end $$;

create function note_accepted() returns trigger language plpgsql security definer
set search_path = public, pg_temp as $$
begin
  insert into tracking_eventbatch (tenant_id, source, n, message_ids, words)
  values (new.tenant_id, 3, 1, array[new.id], array[0]);
  return null;
end $$;

create function note_campaign() returns trigger language plpgsql security definer
set search_path = public, pg_temp as $$
begin
  insert into tracking_eventbatch (tenant_id, source, n, keys, words, detail)
  values (new.tenant_id, 4, 1, array[uuidv7()], array[0], jsonb_build_object(
    'type', 'campaign.' || case when old.state = 'paused' and new.state = 'sending' then 'resumed'
      when new.state = 'sending' then 'started' when new.state = 'draft' then 'unscheduled'
      when new.state = 'launching' then 'launched' else new.state end,
    'data', jsonb_build_object('campaign_id', new.id, 'name', new.name, 'state', new.state, 'before', old.state,
      'audience', new.audience)));
  return null;
end $$;

create function note_domain() returns trigger language plpgsql security definer
set search_path = public, pg_temp as $$
begin
  insert into tracking_eventbatch (tenant_id, source, n, keys, words, detail)
  values (new.tenant_id, 4, 1, array[uuidv7()], array[0], jsonb_build_object(
    'type', 'domain.' || case when tg_op = 'INSERT' then 'added' else new.state end,
    'data', jsonb_build_object('domain_id', new.id, 'name', new.name, 'state', new.state)));
  return null;
end $$;

revoke all on function note_attempts(), note_engagements(), note_accepted(), note_campaign(), note_domain()
  from public;

create trigger noted after insert on delivery_attempt referencing new table as fresh
  for each statement execute function note_attempts();
create trigger noted after insert on tracking_engagement referencing new table as fresh
  for each statement execute function note_engagements();
create trigger noted after insert on delivery_message for each row
  when (new.submission_id is not null and new.tenant_id <> '00000000-0000-7000-8000-000000000001')
  execute function note_accepted();
create trigger noted after update of state on campaigns_campaign for each row
  when (old.state is distinct from new.state) execute function note_campaign();
create trigger noted_new after insert on accounts_sendingdomain for each row execute function note_domain();
create trigger noted after update of state on accounts_sendingdomain for each row
  when (old.state is distinct from new.state) execute function note_domain();
"""
UNDO_NOTES = """
drop trigger noted on delivery_attempt;
drop trigger noted on tracking_engagement;
drop trigger noted on delivery_message;
drop trigger noted on campaigns_campaign;
drop trigger noted_new on accounts_sendingdomain;
drop trigger noted on accounts_sendingdomain;
drop function note_attempts(), note_engagements(), note_accepted(), note_campaign(), note_domain();
"""

#: The lock on the tenant's row makes numbers become visible in their order; each statement of the function sees
#: what was committed when it began, so the second of two callers finds what the first has numbered.
NUMBERS = """
create function number_events(wanted uuid) returns bigint language plpgsql volatile security definer
set search_path = public, pg_temp as $$
declare head bigint;
begin
  if not exists (select from tracking_eventbatch where tenant_id = wanted and first is null) then
    select last into head from tracking_eventfeed where tenant_id = wanted;
    return coalesce(head, 0);
  end if;
  insert into tracking_eventfeed (tenant_id) values (wanted) on conflict do nothing;
  select last into head from tracking_eventfeed where tenant_id = wanted for update;
  with waiting as (
    select id, n, sum(n) over (order by id) as upto from tracking_eventbatch
    where tenant_id = wanted and first is null order by id limit 5000
  ), numbered as (
    update tracking_eventbatch b set first = head + w.upto - w.n + 1 from waiting w
    where b.tenant_id = wanted and b.id = w.id returning b.n
  )
  update tracking_eventfeed set last = head + (select coalesce(sum(n), 0) from numbered) where tenant_id = wanted
  returning last into head;
  return head;
end $$;
revoke all on function number_events(uuid) from public;
grant execute on function number_events(uuid) to relay_dispatch;

create function number_own_events() returns bigint language sql volatile security definer
set search_path = public, pg_temp as $$ select number_events(app_tenant()) $$;
revoke all on function number_own_events() from public;
grant execute on function number_own_events() to relay_app;
"""
UNDO_NUMBERS = "drop function number_own_events(); drop function number_events(uuid);"
