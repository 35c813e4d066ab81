"""An organization as large as any: its rows as sets, written by the owner of the database.

`n` numbers a campaign's messages; what becomes of one follows from it, so that every run makes the same.
"""

from typing import Final

PROVIDERS: Final = """
insert into delivery_provider (id, name, max_connections, max_messages_per_connection)
select 9000 + n, 'large' || n || '.test', 20, 100 from generate_series(0, 19) n on conflict do nothing;
insert into delivery_site (key, provider_id)
select 'mx.large' || n || '.test', 9000 + n from generate_series(0, 19) n on conflict do nothing;
insert into delivery_domain (name, site_id, state)
select 'large' || n || '.test', s.id, 'ok' from generate_series(0, 19) n
join delivery_site s on s.key = 'mx.large' || n || '.test' on conflict do nothing
"""
CONTACTS: Final = """
insert into campaigns_contact
  (tenant_id, email, email_key, domain, attrs, needs_smtputf8, created_at, updated_at)
select %(tenant)s, a.email, a.email, a.domain, jsonb_build_object(
    'first_name', (array['Aiko','Ben','Chloé','Dmitri','Eva','Farid','Grace','花子'])[1 + n %% 8],
    'city', (array['Osaka','Berlin','Lyon','Leeds','Porto'])[1 + n %% 5]),
  false, now() - interval '1 day' * (n %% 300), now()
from (select n, 'large' || n %% 20 || '.test' as domain,
    'person' || n || '@large' || n %% 20 || '.test' as email from generate_series(1, %(contacts)s::int) n) a
"""
SUBSCRIPTIONS: Final = """
insert into campaigns_subscription (tenant_id, mailing_list_id, contact_id, state, source, changed_at)
select %(tenant)s, %(list)s, id, case when id %% 50 = 0 then 'unsubscribed' else 'subscribed' end, 'seed',
  now()
from campaigns_contact where tenant_id = %(tenant)s
"""
SUPPRESSIONS: Final = """
insert into campaigns_suppression (tenant_id, email_key, scope, reason, detail, created_at)
select %(tenant)s, email_key, 'all', 'bounced', '550 5.1.1 no such user',
  now() - interval '1 hour' * (id %% 500)
from campaigns_contact where tenant_id = %(tenant)s and id %% 100 = 1
"""
#: The person with the smallest number, whom `n` = 0 is.
FIRST_CONTACT: Final = "select min(id) from campaigns_contact where tenant_id = %(tenant)s"
MESSAGES: Final = """
insert into delivery_message (tenant_id, id, stream, campaign_id, contact_id, content_id, rcpt, rcpt_key,
  domain_id, merge, created_at)
select %(tenant)s, message_uuid(%(at)s, %(campaign)s, c.id, 0), 1, %(campaign)s, c.id, %(content)s, c.email,
  c.email_key, d.id, '{}', %(at)s
from campaigns_contact c join delivery_domain d on d.name = c.domain
where c.tenant_id = %(tenant)s and c.id >= %(first)s and c.id < %(first)s + %(audience)s
"""
REPLY: Final = """
insert into delivery_reply (tenant_id, digest, text) values (%(tenant)s, %(digest)s, %(text)s)
on conflict do nothing
"""
_TOLD: Final = """
with told as (
  select message_uuid(%(at)s, %(campaign)s, %(first)s + n, 0) as message_id, n,
    9000 + (n + 1) %% 20 as provider_id,
    %(at)s::timestamptz + interval '30 minutes' * (n::float8 / %(audience)s) as at,
    case when n %% 1000 < 965 then 1 when n %% 1000 < 985 then 3 when n %% 1000 < 990 then 5
      when n %% 1000 < 993 then 6 when n %% 1000 < 999 then 4 else 8 end as state
  from generate_series(0, %(settled)s::int - 1) n
)
"""
#: 3 % are asked to wait first.
WAITS: Final = f"""{_TOLD}
insert into delivery_attempt (tenant_id, message_id, number, campaign_id, state, category, code, stage,
  reply_id, provider_id, at, next_attempt_at)
select %(tenant)s, message_id, 1, %(campaign)s, 2, 'rate_limited', 421, 'mail', %(reply)s, provider_id, at,
  at + interval '6 minutes' from told where n %% 33 = 0
"""  # noqa: S608 - both parts are ours
#: 96.5 % delivered, 2 % refused, a few of every other end.
ATTEMPTS: Final = f"""{_TOLD}
insert into delivery_attempt (tenant_id, message_id, number, campaign_id, state, category, code, stage,
  reply_id, provider_id, size, at)
select %(tenant)s, message_id, case when n %% 33 = 0 then 2 else 1 end, %(campaign)s, state,
  case state when 1 then '' when 3 then (array['recipient_unknown','mailbox_full','content_spam'])[1 + n %% 3]
    when 5 then 'suppressed' when 6 then 'expired' else 'unknown' end,
  case state when 1 then 250 when 3 then 550 end, 'dot', %(reply)s, provider_id, 10240,
  at + case when n %% 33 = 0 then interval '7 minutes' else interval '0' end
from told
"""  # noqa: S608 - both parts are ours
LANES: Final = """
insert into delivery_lane (tenant_id, pool_id, site_id, stream, campaign_id)
select %(tenant)s, %(pool)s, s.id, 1, %(campaign)s from delivery_site s where s.key like 'mx.large%%.test'
"""
QUEUE: Final = """
insert into delivery_queueentry (tenant_id, message_id, lane_id, domain_id, campaign_id, next_attempt_at,
  expires_at)
select m.tenant_id, m.id, l.id, m.domain_id, m.campaign_id, now() + interval '1 day',
  now() + interval '2 days'
from generate_series(%(settled)s::int, %(audience)s::int - 1) n
join delivery_message m on m.tenant_id = %(tenant)s
  and m.id = message_uuid(%(at)s, %(campaign)s, %(first)s + n, 0)
join delivery_domain d on d.id = m.domain_id
join delivery_lane l on l.tenant_id = m.tenant_id and l.campaign_id = m.campaign_id and l.site_id = d.site_id
"""
COUNTERS: Final = """
insert into delivery_counter (tenant_id, campaign_id, state, shard, n)
select tenant_id, campaign_id, state, 0, count(*) from delivery_attempt
where tenant_id = %(tenant)s and state <> 2 group by 1, 2, 3;
insert into delivery_rollup (tenant_id, campaign_id, minute, provider_id, state, shard, n)
select tenant_id, campaign_id, date_trunc('minute', at), provider_id, state, 0, count(*) from delivery_attempt
where tenant_id = %(tenant)s group by 1, 2, 3, 4, 5
"""
#: Of those who got it 30 % opened, 4 % clicked, 1 in 500 left, 1 in 2,000 complained; and machines beside.
ENGAGEMENTS: Final = """
with deeds(kind, machine, modulus, remainder) as (values ('opened', false, 10, 0), ('opened', false, 5, 1),
  ('opened', true, 10, 3), ('clicked', false, 25, 0), ('clicked', true, 100, 3),
  ('unsubscribed', false, 500, 0), ('complained', false, 2000, 0))
insert into tracking_engagement (tenant_id, message_id, id, kind, campaign_id, link_index, machine, reason,
  user_agent, at)
select %(tenant)s, message_uuid(%(at)s, %(campaign)s, %(first)s + n, 0), gen_random_uuid(), kind,
  %(campaign)s, case when kind = 'clicked' then (n / modulus) %% 8 end, machine,
  case when machine then 'scanner' else '' end,
  'Mozilla/5.0 (seed)', %(at)s::timestamptz + interval '1 hour' * (1 + 6 * -ln(1 - (n %% 997) / 998.0))
from generate_series(0, %(settled)s::int - 1) n join deeds on n %% modulus = remainder
where n %% 1000 < 965
"""
REACTIONS: Final = """
insert into tracking_reaction (tenant_id, message_id, kind, machine, at)
select tenant_id, message_id, kind, machine, min(at) from tracking_engagement where tenant_id = %(tenant)s
group by 1, 2, 3, 4;
insert into tracking_engagementrollup
  (tenant_id, campaign_id, hour, kind, link_index, machine, total, messages)
select e.tenant_id, e.campaign_id, date_trunc('hour', e.at, 'UTC'), e.kind, coalesce(e.link_index, -1),
  e.machine, count(*), count(*) filter (where r.at = e.at)
from tracking_engagement e join tracking_reaction r using (tenant_id, message_id, kind, machine)
where e.tenant_id = %(tenant)s group by 1, 2, 3, 4, 5, 6;
insert into tracking_engagementcounter (tenant_id, campaign_id, kind, machine, total, messages)
select tenant_id, campaign_id, kind, machine, sum(total), sum(messages) from tracking_engagementrollup
where tenant_id = %(tenant)s group by 1, 2, 3, 4
"""
ANALYZE: Final = """
vacuum analyze campaigns_contact, campaigns_subscription, campaigns_suppression, delivery_message,
  delivery_attempt, delivery_queueentry, delivery_counter, delivery_rollup, tracking_engagement,
  tracking_reaction, tracking_engagementrollup, tracking_engagementcounter
"""
