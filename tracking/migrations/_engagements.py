"""DDL of the engagement tables: partitioned by the message's month, keys led by the tenant."""

ENGAGEMENTS = """
create table tracking_engagement (
  tenant_id uuid not null, message_id uuid not null, id uuid not null, kind text not null, campaign_id bigint,
  link_index smallint, machine boolean not null default false, reason text not null default '',
  address text not null default '', user_agent text not null default '', at timestamptz not null default now(),
  constraint tracking_engagement_pkey primary key (tenant_id, message_id, id)
) partition by range (message_id);
create index tracking_engagement_campaign on tracking_engagement (tenant_id, campaign_id, at);

create table tracking_reaction (
  tenant_id uuid not null, message_id uuid not null, kind text not null, machine boolean not null,
  at timestamptz not null default now(),
  constraint tracking_reaction_pkey primary key (tenant_id, message_id, kind, machine)
) partition by range (message_id);

create table tracking_engagementcounter (
  tenant_id uuid not null, campaign_id bigint not null, kind text not null, machine boolean not null,
  total bigint not null default 0, messages bigint not null default 0,
  constraint tracking_engagementcounter_pkey primary key (tenant_id, campaign_id, kind, machine)
) with (fillfactor = 50);
"""
