"""DDL of the ledger and the queue: what Django cannot say (partitions, storage, tenant-led keys, the transition table)."""

LEDGER = """
create function uuid7_floor(at timestamptz) returns uuid language sql immutable strict parallel safe as
$$ select (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid $$;

-- The derived id of a contact's message in a campaign; relay_saas.mail.ids.message_uuid says the same in Python.
create function message_uuid(launched_at timestamptz, campaign bigint, contact bigint, salt bigint) returns uuid
language sql immutable strict parallel safe as $$
select (lpad(to_hex((extract(epoch from launched_at) * 1000)::bigint), 12, '0') || '7' || lpad(to_hex(campaign & 4095), 3, '0')
  || to_hex((-9223372036854775808) | ((contact # salt) & 4611686018427387903)))::uuid $$;

create table delivery_message (
  tenant_id uuid not null, id uuid not null, stream smallint not null, campaign_id bigint, contact_id bigint,
  submission_id uuid, content_id bigint not null, rcpt text not null, rcpt_key text not null, domain_id int not null,
  merge jsonb not null default '{}', created_at timestamptz not null default now(),
  constraint delivery_message_pkey primary key (tenant_id, id)
) partition by range (id);
create index delivery_message_rcpt on delivery_message (tenant_id, rcpt_key, id);
create index delivery_message_submission on delivery_message (tenant_id, submission_id) where submission_id is not null;

create table delivery_attempt (
  tenant_id uuid not null, message_id uuid not null, number smallint not null, campaign_id bigint, state smallint not null,
  category text not null default '', code smallint, enhanced text not null default '', stage text not null default '',
  rule text not null default '', reply_id bigint, host text not null default '', provider_id int not null default 0,
  source_id int, tls boolean, timings int[] not null default '{}', at timestamptz not null default now(),
  dated_at timestamptz, next_attempt_at timestamptz, run_id uuid,
  constraint delivery_attempt_pkey primary key (tenant_id, message_id, number)
) partition by range (message_id);
create index delivery_attempt_not_delivered on delivery_attempt (tenant_id, campaign_id, state) where state <> 1;

create table delivery_transcript (
  tenant_id uuid not null, message_id uuid not null, number smallint not null, lines text not null,
  constraint delivery_transcript_pkey primary key (tenant_id, message_id, number)
) partition by range (message_id);

create table delivery_queueentry (
  tenant_id uuid not null, message_id uuid not null, lane_id bigint not null, domain_id int not null, campaign_id bigint,
  attempts smallint not null default 0, doubts smallint not null default 0, fence int not null default 0, run_id uuid,
  next_attempt_at timestamptz not null default now(), expires_at timestamptz not null, dated_at timestamptz,
  constraint delivery_queueentry_pkey primary key (tenant_id, message_id)
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000, autovacuum_vacuum_cost_delay = 0);
create index delivery_queueentry_due on delivery_queueentry (lane_id, next_attempt_at, message_id) where run_id is null;
create index delivery_queueentry_run on delivery_queueentry (run_id) where run_id is not null;
create index delivery_queueentry_expiry on delivery_queueentry (expires_at) where run_id is null;

create table delivery_counter (
  tenant_id uuid not null, campaign_id bigint not null, state smallint not null, shard smallint not null, n bigint not null,
  constraint delivery_counter_pkey primary key (tenant_id, campaign_id, state, shard)
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0);

create table delivery_rollup (
  tenant_id uuid not null, campaign_id bigint not null, minute timestamptz not null, provider_id int not null,
  state smallint not null, shard smallint not null, n bigint not null,
  constraint delivery_rollup_pkey primary key (tenant_id, campaign_id, minute, provider_id, state, shard)
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0);

-- decisions of one place: which state may follow which (docs/adr/0002-ledger.md). 2 and 9 are open, the rest is final.
create table delivery_transition (from_state smallint, to_state smallint, primary key (from_state, to_state));
insert into delivery_transition select f, t from unnest(array[2, 9]) f, generate_series(1, 9) t;
insert into delivery_transition values (1, 3), (8, 1), (8, 3);

create function delivery_attempt_follows() returns trigger language plpgsql as $$
declare before smallint;
begin
  select state into before from delivery_attempt
    where tenant_id = new.tenant_id and message_id = new.message_id and number = new.number - 1;
  if not exists (select from delivery_transition where from_state = before and to_state = new.state) then
    raise exception 'attempt % of message % cannot put state % after %', new.number, new.message_id, new.state, before
      using errcode = 'RL002';
  end if;
  return new;
end $$;
create trigger follows before insert on delivery_attempt for each row when (new.number > 1)
  execute function delivery_attempt_follows();
"""
