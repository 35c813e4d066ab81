"""DDL of calls to webhooks: the queue, every attempt, and sums by hour; written by the thousand, so no foreign keys."""

CALLS = """
create table tracking_webhookcall (
  tenant_id uuid not null, id uuid not null, endpoint_id bigint not null, origin text not null,
  webhook_id text not null, types text[] not null default '{}', n smallint not null default 1,
  first bigint not null default 0, message_id uuid, body text not null, state text not null default 'waiting',
  urgent boolean not null default false, attempts smallint not null default 0,
  next_attempt_at timestamptz not null default now(), last_status smallint, last_error text not null default '',
  created_at timestamptz not null default now(), done_at timestamptz,
  constraint tracking_webhookcall_pkey primary key (tenant_id, id)
) with (fillfactor = 85, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000);
create index tracking_webhookcall_due on tracking_webhookcall (endpoint_id, next_attempt_at) where state = 'waiting';
create index tracking_webhookcall_list on tracking_webhookcall (tenant_id, endpoint_id, id);
create index tracking_webhookcall_message on tracking_webhookcall (tenant_id, message_id) where message_id is not null;
create index tracking_webhookcall_at on tracking_webhookcall using brin (created_at);

create table tracking_webhookattempt (
  tenant_id uuid not null, call_id uuid not null, number smallint not null, at timestamptz not null default now(),
  milliseconds int not null, address text not null default '', request_headers text not null default '',
  status smallint, error text not null default '', detail text not null default '',
  response_headers text not null default '', response_body text not null default '',
  response_cut boolean not null default false,
  constraint tracking_webhookattempt_pkey primary key (tenant_id, call_id, number)
);
create index tracking_webhookattempt_at on tracking_webhookattempt using brin (at);

create table tracking_webhookhour (
  tenant_id uuid not null, endpoint_id bigint not null, hour timestamptz not null, succeeded bigint not null default 0,
  failed bigint not null default 0, milliseconds bigint not null default 0,
  constraint tracking_webhookhour_pkey primary key (tenant_id, endpoint_id, hour)
) with (fillfactor = 50);
"""
UNDO_CALLS = "drop table tracking_webhookhour; drop table tracking_webhookattempt; drop table tracking_webhookcall;"
TO_TELL = """
select tenant_id, id from tracking_webhookendpoint where state = 'disabled' and told_at is null order by id limit 100
"""
