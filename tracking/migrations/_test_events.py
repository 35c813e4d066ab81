"""DDL of test events: notes that are written with the mail, and numbered when their time has come."""

#: Source 5: one event of a test key's mail; detail: all that its document says. `at` may lie ahead. Another story
#: (cancelled, put off) takes the place of what nobody could see yet.
NOTES = """
create function note_simulated() returns trigger language plpgsql security definer
set search_path = public, pg_temp as $$
begin
  if tg_op = 'UPDATE' then
    delete from tracking_eventbatch b where b.tenant_id = new.tenant_id and b.source = 5 and b.first is null
      and b.detail ->> 'email' = new.id::text and b.detail ->> 'type' <> 'queued';
  end if;
  insert into tracking_eventbatch (tenant_id, source, n, message_ids, keys, words, detail, at)
  select new.tenant_id, 5, 1, array[(e ->> 'message')::uuid], array[(e ->> 'key')::uuid],
    array[(e ->> 'attempt')::int * 16 + (e ->> 'state')::int],
    e || jsonb_build_object('email', new.id, 'stream', new.stream, 'tags', to_jsonb(new.tags),
      'metadata', new.metadata, 'accepted_at', new.created_at),
    (e ->> 'at')::timestamptz
  from jsonb_array_elements(new.story) e where tg_op = 'INSERT' or e ->> 'type' <> 'queued'
  order by (e ->> 'at')::timestamptz;
  return null;
end $$;
revoke all on function note_simulated() from public;
create trigger noted after insert on delivery_simulatedmail for each row execute function note_simulated();
create trigger noted_again after update of story on delivery_simulatedmail for each row
  when (old.story is distinct from new.story) execute function note_simulated();
"""
UNDO_NOTES = """
drop trigger noted on delivery_simulatedmail;
drop trigger noted_again on delivery_simulatedmail;
drop function note_simulated();
"""

#: As before, but for notes whose time has not come.
NUMBERS = """
create or replace function number_events(wanted uuid) returns bigint language plpgsql volatile security definer
set search_path = public, pg_temp as $$
declare head bigint;
begin
  if not exists (select from tracking_eventbatch
      where tenant_id = wanted and first is null and at <= clock_timestamp()) then
    select last into head from tracking_eventfeed where tenant_id = wanted;
    return coalesce(head, 0);
  end if;
  insert into tracking_eventfeed (tenant_id) values (wanted) on conflict do nothing;
  select last into head from tracking_eventfeed where tenant_id = wanted for update;
  with waiting as (
    select id, n, sum(n) over (order by id) as upto from tracking_eventbatch
    where tenant_id = wanted and first is null and at <= clock_timestamp() order by id limit 5000
  ), numbered as (
    update tracking_eventbatch b set first = head + w.upto - w.n + 1 from waiting w
    where b.tenant_id = wanted and b.id = w.id returning b.n
  )
  update tracking_eventfeed set last = head + (select coalesce(sum(n), 0) from numbered) where tenant_id = wanted
  returning last into head;
  return head;
end $$;
"""
